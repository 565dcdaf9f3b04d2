/** The views of the tenant: those that stand still, and the newest of all. */

import { unwrap } from "@primatomic/client";
import { useQuery } from "@tanstack/react-query";
import { api } from "../api/client";
import { standing, type Standing, STANDINGS, type View } from "./standing";

export interface ViewOfLog {
  log: string;
  view: View;
}

export interface AllViews {
  views: ViewOfLog[];
  /** That there are more. */
  isPart: boolean;
}

export const VIEWS_MAX = 200;
const REFRESH_MS = 20_000;

async function readViews(signal: AbortSignal): Promise<AllViews> {
  const read = (state?: "failed") => unwrap(api.GET("/views", { params: { query: { state, limit: VIEWS_MAX } }, signal }));
  const [failed, newest] = await Promise.all([read("failed"), read()]);
  const views = new Map([...failed.views, ...newest.views].map((view) => [view.view_id, view]));
  return {
    views: [...views.values()].map((view) => ({ log: view.log_name, view })).sort(byNeed),
    isPart: Boolean(newest.next_cursor),
  };
}

const rank = ({ view }: ViewOfLog) => STANDINGS.indexOf(standing(view));

/** What stands still comes first, then by name. */
export const byNeed = (one: ViewOfLog, other: ViewOfLog) =>
  rank(one) - rank(other) || one.view.view_name.localeCompare(other.view.view_name) || one.log.localeCompare(other.log);

export function filtered(views: readonly ViewOfLog[], prefix: string, state: string): ViewOfLog[] {
  return views.filter(
    ({ log, view }) =>
      (view.view_name.startsWith(prefix) || log.startsWith(prefix)) && (!state || standing(view) === (state as Standing)),
  );
}

export function useAllViews() {
  return useQuery({
    queryKey: ["all views"],
    queryFn: ({ signal }) => readViews(signal),
    staleTime: REFRESH_MS / 2,
    refetchInterval: REFRESH_MS,
  });
}
