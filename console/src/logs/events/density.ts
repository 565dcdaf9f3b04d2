/** How many events a log got over time, as the server counts them. */

import { useQuery } from "@tanstack/react-query";
import { api } from "../../api/client";

export interface Density {
  since: string;
  until: string;
  bucket_ms: number;
  /** The oldest first. */
  counts: number[];
  /** Whether no count was estimated. */
  exact: boolean;
}

interface Answer {
  data?: unknown;
  error?: unknown;
  response: Response;
}

const BUCKETS = 160;
const FRESH_MS = 30_000;

/** Null when the server has no such operation. */
export function useDensity(log: string) {
  return useQuery<Density | null>({
    queryKey: ["density", log],
    refetchInterval: ({ state }) => (state.data === null ? false : FRESH_MS),
    staleTime: FRESH_MS,
    queryFn: async ({ signal }) => {
      const ask = api.GET as unknown as (path: string, init: object) => Promise<Answer>;
      const params = { path: { log }, query: { buckets: BUCKETS } };
      const { data, error, response } = await ask("/logs/{log}/density", { params, signal });
      if (response.status === 404) return null;
      if (!response.ok) throw error;
      return data as Density;
    },
  });
}
