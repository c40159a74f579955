// Holds an OpenAPI document against the official schema of its version: the faults, one a line; nothing when it is good.
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';

const result = await new Validator().validate(JSON.parse(readFileSync(0, 'utf8')));
if (!result.valid) {
  const faults = Array.isArray(result.errors) ? result.errors : [{ message: result.errors }];
  process.stdout.write(faults.map(fault => `${fault.instancePath ?? ''} ${fault.message}`).join('\n'));
}
