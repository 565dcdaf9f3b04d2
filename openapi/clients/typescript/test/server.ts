/** The servers that the tests talk to; openapi/tests starts them. */

import { readFileSync } from "node:fs";

import { Primatomic, type Options } from "@primatomic/client";

function variable(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run openapi/tests/run.sh`);
  return value;
}

export function client(options: Partial<Options> = {}): Primatomic {
  return new Primatomic({
    url: variable("PRIMATOMIC_URL"),
    token: variable("PRIMATOMIC_API_KEY"),
    ...options,
  });
}

/** A server whose tenant may send 20 requests a second, and 5 at once. */
export function limited(options: Partial<Options> = {}): Primatomic {
  return new Primatomic({
    url: variable("LIMITED_URL"),
    token: variable("LIMITED_API_KEY"),
    ...options,
  });
}

export function counter(): Uint8Array {
  return readFileSync(variable("COUNTER_COMPONENT"));
}

let logs = 0;

export function freshName(): string {
  logs += 1;
  return `typescript-${process.pid}-${logs}`;
}
