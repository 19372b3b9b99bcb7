// Translates CQL on standard input to ELM as JSON, and ends with 1 where the translator is unsure.
// The arguments are the folder where the packages are installed, and a file of the types of CQL.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, system] = process.argv.slice(2);
const installed = createRequire(`${folder}/`);
globalThis.require = installed;

const named = (name) => import(pathToFileURL(`${folder}/node_modules/@cqframework/cql/${name}.mjs`).href);
const { NamespaceManager } = await named("cql");
const elm = await named("cql-to-elm");

const models = {
  System: system,
  FHIR: `${folder}/node_modules/cql-exec-fhir/lib/modelInfos/fhir-modelinfo-4.0.1.xml`,
};
const manager = new elm.ModelManager(new NamespaceManager());
manager.modelInfoLoader.registerModelInfoProvider(
  elm.createModelInfoProvider((id) =>
    models[id] ? elm.stringAsSource(readFileSync(models[id], "utf8")) : null,
  ),
);
const translator = elm.CqlTranslator.fromText(readFileSync(0, "utf8"), new elm.LibraryManager(manager));
const text = translator.toJson();
const told = [];
const look = (node) => {
  if (node && typeof node === "object") {
    if (node.errorSeverity === "error") {
      told.push(`line ${node.startLine}: ${node.message}`);
    }
    Object.values(node).forEach(look);
  }
};
look(JSON.parse(text));
if (told.length) {
  process.stderr.write(`${[...new Set(told)].join("\n")}\n`);
  process.exit(1);
}
process.stdout.write(text);
