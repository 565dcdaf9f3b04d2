/** One page of the audit log. The operation answers lines of JSON as well, so its type does not say which it is. */

import { useQuery } from "@tanstack/react-query";
import { api, type Schemas } from "../api/client";
import type { Filter } from "./filter";

export interface Query extends Filter {
  limit: number;
  cursor?: string;
}

export const pageKey = (query: Query) => ["get", "/tenants/me/audit", query] as const;

export async function readPage(query: Query, signal: AbortSignal): Promise<Schemas["AuditPage"]> {
  const { data, error } = await api.GET("/tenants/me/audit", { params: { query: { ...query } }, signal });
  if (error) throw error;
  return data as Schemas["AuditPage"];
}

/** A page of what is over, which does not change any more. */
export function usePage(query: Query, enabled: boolean) {
  return useQuery({
    queryKey: pageKey(query),
    queryFn: ({ signal }) => readPage(query, signal),
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
  });
}
