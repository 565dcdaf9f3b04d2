/** One event, whole. */

import { LogEvent } from "@primatomic/client";
import { useMemo } from "react";
import { queries, type Schemas } from "../../api/client";
import { type Content, content } from "../../design/bytes";

export interface WholeEvent {
  sequence: number;
  timestamp: string;
  content: Content;
}

/** Undefined data without an error: the log has no such event. */
export function useEvent(log: string, sequence: number | undefined) {
  const query = queries.useQuery(
    "get",
    "/logs/{log}/events",
    { params: { path: { log }, query: { from: sequence ?? 1, limit: 1 } } },
    // An event stays as it is, but large ones need not stay in memory.
    { enabled: sequence !== undefined, staleTime: Number.POSITIVE_INFINITY, gcTime: 60_000 },
  );
  const page = query.data as Schemas["EventPageBody"] | undefined;
  const body = page?.events.find((event) => event.sequence === sequence);
  const event = useMemo((): WholeEvent | undefined => {
    if (!body) return undefined;
    const { sequence, timestamp, bytes } = new LogEvent(body);
    return { sequence, timestamp, content: content(bytes) };
  }, [body]);
  return { query, event };
}
