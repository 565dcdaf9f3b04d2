/**
 * Counts, by a view, what was appended to a log.
 *
 *     PRIMATOMIC_URL=http://127.0.0.1:8080 PRIMATOMIC_API_KEY=$(cat data/dev-key) \
 *       node dist/example/usage.js data/examples/counter.wasm
 */

import { readFile } from "node:fs/promises";

import { Primatomic, PrimatomicError } from "@primatomic/client";

const primatomic = new Primatomic({
  url: process.env["PRIMATOMIC_URL"] ?? "http://127.0.0.1:8080",
  token: process.env["PRIMATOMIC_API_KEY"],
});

const log = await primatomic.createLog("example-typescript").catch((error: unknown) => {
  if (error instanceof PrimatomicError && error.code === "name_taken") {
    return primatomic.log("example-typescript");
  }
  throw error;
});
const view = log.view("counter");
await view.deploy(await readFile(process.argv[2] ?? "data/examples/counter.wasm"));

const events = Array.from({ length: 100 }, () => ({ inc: 1 }));
let last = 0;
for await (const sequence of log.appendAll(events)) last = sequence;
const answer = await view.query({ after: last });
console.log(`after event ${answer.sequence}: ${answer.text()}`);
