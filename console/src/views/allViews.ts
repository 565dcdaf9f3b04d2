/**
 * All views of the tenant. The API lists them log by log, so that is how they are read here: of so many
 * logs, a few at a time. `GET /views` would take the place of `readViews`, and of nothing else.
 */

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
  /** That there are more logs, whose views are not here. */
  isPart: boolean;
}

export const LOGS_MAX = 200;
const AT_A_TIME = 6;
const PAGE = 1000;
const REFRESH_MS = 20_000;

async function readViews(signal: AbortSignal): Promise<AllViews> {
  const { logs, next_cursor } = await unwrap(api.GET("/logs", { params: { query: { limit: LOGS_MAX } }, signal }));
  const lists = await inTurns(logs, AT_A_TIME, async ({ log_name: log }) => {
    const { data, response, error } = await api.GET("/logs/{log}/views", {
      params: { path: { log }, query: { limit: PAGE } },
      signal,
    });
    // A log that was deleted meanwhile has none.
    if (response.status === 404) return [];
    const { views } = await unwrap(Promise.resolve({ data, response, error }));
    return views.map((view) => ({ log, view }));
  });
  return { views: lists.flat().sort(byNeed), isPart: Boolean(next_cursor) };
}

/** Does something with every item, with so many under way at once; the results stand in order. */
export async function inTurns<T, R>(items: readonly T[], atOnce: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const turn = async () => {
    while (next < items.length) {
      const at = next++;
      results[at] = await act(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, turn));
  return results;
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
