// Parses PowerShell with tree-sitter: a text comes in, the places that are no PowerShell go out, one a line; nothing when it is good.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setFlagsFromString } from 'node:v8';
import { Language, Parser } from 'web-tree-sitter';

// The optimising compiler takes half a minute for this grammar, and is not worth it for one text.
setFlagsFromString('--liftoff-only');
await Parser.init();
const parser = new Parser();
parser.setLanguage(await Language.load(createRequire(import.meta.url).resolve('tree-sitter-powershell/tree-sitter-powershell.wasm')));

const report = node => {
  if (node.isError || node.isMissing) {
    process.stdout.write(`line ${node.startPosition.row + 1}: ${node.text.slice(0, 80)}\n`);
  }
  node.children.forEach(report);
};
report(parser.parse(readFileSync(0, 'utf8')).rootNode);
