// Assesses bundles of FHIR with CQL: reads one JSON line for each, and answers with one.
// The arguments are the folder where the packages are installed, a file of ELM, and one of codes.
"use strict";

const { readFileSync } = require("node:fs");
const readline = require("node:readline");
const [folder, logic, codes] = process.argv.slice(2);
const installed = require("node:module").createRequire(`${folder}/`);
const cql = installed("cql-execution");
const fhir = installed("cql-exec-fhir");

const library = new cql.Library(JSON.parse(readFileSync(logic, "utf8")));
const terms = new cql.CodeService(JSON.parse(readFileSync(codes, "utf8")));
const source = fhir.PatientSource.FHIRv401();

async function assessed(path, day) {
  const began = performance.now();
  const bundle = JSON.parse(readFileSync(path, "utf8"));
  const read = performance.now();
  const [year, month, date] = day.split("-").map(Number);
  const executor = new cql.Executor(library, terms, { AsOf: new cql.Date(year, month, date) });
  source.reset();
  source.loadBundles([bundle]);
  const found = await executor.exec(source);
  const ended = performance.now();
  const [answers] = Object.values(found.patientResults);
  return { parse: read - began, assess: ended - read, answers };
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const { path, day, times } = JSON.parse(line);
    const rounds = [];
    let answers = {};
    for (let round = 0; round < times; round++) {
      const one = await assessed(path, day);
      rounds.push({ parse: one.parse, assess: one.assess });
      answers = one.answers;
    }
    const told = Object.entries(answers).filter(([name]) => /^(Met|Refuted|Present|Absent): /.test(name));
    const size = process.resourceUsage().maxRSS / 1000;
    process.stdout.write(`${JSON.stringify({ rounds, answers: Object.fromEntries(told), size })}\n`);
  }
}

main();
