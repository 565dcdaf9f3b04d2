/** The address of a log's screen: what it says, and changing a part of it. */

import { getRouteApi, useNavigate } from "@tanstack/react-router";

export const route = getRouteApi("/inside/logs/$log");

export type LogSearch = ReturnType<typeof route.useSearch>;

/** Changes some parameters and leaves the others. */
export function useChange(): (change: LogSearch) => void {
  const navigate = useNavigate();
  return (change) =>
    void navigate({
      to: ".",
      search: ((before: LogSearch) => ({ ...before, ...change })) as never,
      replace: true,
      resetScroll: false,
    });
}
