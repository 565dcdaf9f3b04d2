/** Where times lie in a log. */

import { useQuery } from "@tanstack/react-query";
import { unwrap } from "@primatomic/client";
import { api, type Schemas } from "../../api/client";

type Direction = Schemas["Direction"];

/** The first event of a time or later, or the last one before it. */
async function sequenceAt(log: string, at: string, direction: Direction, signal: AbortSignal): Promise<number | undefined> {
  const query = { at, direction, limit: 1 };
  const answer = await unwrap(api.GET("/logs/{log}/events", { params: { path: { log }, query }, signal }));
  return (answer as Schemas["EventPageBody"]).events[0]?.sequence;
}

export interface Range {
  /** The first event of the time or later; undefined when there is none. */
  first?: number;
  /** The last event before the end, when the range has one. */
  last?: number;
}

/** What lies from a time on, and before another. */
export function useRange(log: string, at: string | undefined, until: string | undefined) {
  return useQuery({
    queryKey: ["range", log, at, until],
    enabled: at !== undefined,
    // Events stay where they are.
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<Range> => ({
      first: await sequenceAt(log, at ?? "", "forward", signal),
      last: until === undefined ? undefined : ((await sequenceAt(log, until, "backward", signal)) ?? 0),
    }),
  });
}
