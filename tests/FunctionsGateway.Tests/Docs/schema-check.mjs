// Holds values against the schemas of an OpenAPI 3.1 document (JSON Schema 2020-12): the faults, one a line; nothing when all fit.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const { document, checks } = JSON.parse(readFileSync(0, 'utf8'));
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
formats(ajv);
ajv.addSchema(document, 'document');
const compiled = new Map();
for (const { name, schema, value } of checks) {
  const fits = compiled.get(schema) ?? ajv.compile({ $ref: `document#${schema}` });
  compiled.set(schema, fits);
  if (!fits(value)) {
    process.stdout.write(`${name}: ${ajv.errorsText(fits.errors)} ${JSON.stringify(value).slice(0, 300)}\n`);
  }
}
