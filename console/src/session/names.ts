/** Who did something, by name: people by their address, API keys by their name. */

import { useMemo } from "react";
import { queries } from "../api/client";

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
