// check.mjs - the descriptions in proto/: AsyncAPI by its own parser, OpenAPI by Spectral's rules for it.
//
//   node check.mjs PROTO-FOLDER      says everything that is to be mended; exit 1 when there is something
import fs from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { Parser } = require("@asyncapi/parser");
const { Spectral, Document } = require("@stoplight/spectral-core");
const { Yaml } = require("@stoplight/spectral-parsers");
const { oas } = require("@stoplight/spectral-rulesets");

const folder = process.argv[2];
const read = (name) => fs.readFileSync(`${folder}/${name}`, "utf8");
let wrong = 0;

function say(name, found) {
  for (const { range, code, path, message } of found) {
    console.log(`${name}:${(range?.start.line ?? 0) + 1}: ${code}: ${path.join(".")}: ${message}`);
    wrong++;
  }
}

const { document, diagnostics } = await new Parser().parse(read("asyncapi.yaml"));
say("asyncapi.yaml", diagnostics);
if (document) console.log(`asyncapi.yaml: ${document.channels().length} channels, ${document.operations().length} operations, ` +
  `${document.schemas().length} schemas`);
else wrong++;

const spectral = new Spectral();
// A summary is there for each; where it says all, a description would say it twice.
spectral.setRuleset({ extends: [[oas, "recommended"]], rules: { "operation-description": "off" } });
for (const name of ["openapi.yaml", "console.yaml"]) {
  say(name, await spectral.run(new Document(read(name), Yaml, name)));
  console.log(`${name}: linted`);
}
process.exit(wrong ? 1 : 0);
