/** Pages of the audit log. A page may hold little or nothing and still have a next one, so more are fetched until there is something. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { useNames } from "../session/names";
import type { Filter } from "./filter";
import { type Names, namesIn } from "./names";
import { pageKey, readPage } from "./page";
import type { AuditEvent } from "./sentences";

const PAGE = 100;

export function useAudit(filter: Filter) {
  const query = { limit: PAGE, ...filter };
  const list = useInfiniteQuery({
    queryKey: [...pageKey(query), "all"],
    queryFn: ({ pageParam, signal }) => readPage({ ...query, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.events) ?? [], [list.data]);
  const { hasNextPage, isFetching, fetchNextPage, isError } = list;
  const goesOn = rows.length === 0 && hasNextPage;
  useEffect(() => {
    if (goesOn && !isFetching && !isError) void fetchNextPage();
  }, [goesOn, isFetching, isError, fetchNextPage]);
  return { list, rows, isSearching: list.isPending || goesOn };
}

/** Names from the lists of people and keys, and from what the events say. */
export function useAuditNames(events: readonly AuditEvent[]): Names {
  const known = useNames();
  return useMemo(() => new Map([...namesIn(events), ...known]), [events, known]);
}
