// Parses Bicep with tree-sitter: a JSON array of file texts comes in, an array of trees goes out.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Language, Parser } from 'web-tree-sitter';

await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(createRequire(import.meta.url).resolve('tree-sitter-bicep/tree-sitter-bicep.wasm')));

const tree = (node, field) => ({
  type: node.isError || node.isMissing ? 'ERROR' : node.type,
  text: node.text,
  line: node.startPosition.row + 1,
  field,
  children: node.namedChildren.map((child, index) => tree(child, node.fieldNameForNamedChild(index))),
  isWhole: !node.hasError,
});

const texts = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(texts.map(text => tree(parser.parse(text).rootNode, null))));
