/** Who did something, by name: people by their address, API keys by their name. */

import { useMemo } from "react";
import { queries, type Schemas } from "../api/client";

export type Actor = Schemas["Actor"];

const MAX = 1000;

/** The names that are known by id. Whoever is gone is not among them. */
export function useNames(): ReadonlyMap<string, string> {
  const query = { params: { query: { limit: MAX } } };
  const members = queries.useQuery("get", "/tenants/me/members", query, { staleTime: 60_000 });
  const keys = queries.useQuery("get", "/keys", query, { staleTime: 60_000 });
  return useMemo(() => {
    const people = members.data?.members.map(({ user_id, email }) => [user_id, email] as const) ?? [];
    const named = keys.data?.keys.map(({ id, name }) => [id, name] as const) ?? [];
    return new Map([...people, ...named]);
  }, [members.data, keys.data]);
}

/** `ada@acme.example`, `the key ingest`, `Primatomic`. */
export function actorName({ kind, id }: Actor, names: ReadonlyMap<string, string>): string {
  if (kind === "system" || !id) return "Primatomic";
  const name = names.get(id);
  if (kind === "api_key") return name ? `the key ${name}` : "a key that is gone";
  return name ?? "somebody who left";
}
