/** Whoever did something, in words. */

import type { Schemas } from "../api/client";

export type Actor = Schemas["Actor"];

/** `ada@acme.example`, `the key ingest`, `Primatomic`. */
export function actorName({ kind, id }: Actor, names: ReadonlyMap<string, string>): string {
  if (kind === "system" || !id) return "Primatomic";
  const name = names.get(id);
  if (kind === "api_key") return name ? `the key ${name}` : "a key that is gone";
  return name ?? "somebody who left";
}
