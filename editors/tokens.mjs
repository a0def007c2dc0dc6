// Tells how rule files are coloured, by the engine that editors have: each line, and below it each piece with
// its scope. The packages are in the folder of the first argument, the files are the others.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [packages, ...files] = process.argv.slice(2);
const require = createRequire(join(packages, "node_modules", "here.js"));
const textmate = require("vscode-textmate");
const oniguruma = require("vscode-oniguruma");

const here = dirname(fileURLToPath(import.meta.url));
const grammarFile = join(here, "vscode/syntaxes/enrich.tmLanguage.json");
const wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));

const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  // JSON's own grammar is the editor's.
  loadGrammar: async (scope) =>
    scope === "source.enrich" ? textmate.parseRawGrammar(readFileSync(grammarFile, "utf8"), grammarFile) : null,
});
const grammar = await registry.loadGrammar("source.enrich");

for (const file of files) {
  console.log(`=== ${file}`);
  let state = textmate.INITIAL;
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const { tokens, ruleStack } = grammar.tokenizeLine(line, state);
    state = ruleStack;
    if (line.trim() === "") continue;
    console.log(line);
    for (const { startIndex, endIndex, scopes } of tokens) {
      const text = line.slice(startIndex, endIndex);
      const scope = scopes.slice(1).join(" ").replaceAll(".enrich", "");
      if (text.trim() !== "") console.log(`    ${text.trim()} :: ${scope || "-"}`);
    }
  }
}
