/** The views of one log, asked for again while they are shown. */

import { queries } from "../api/client";

/** A log has far fewer. */
const VIEWS_MAX = 1000;
const REFRESH_MS = 5000;

/** The views of a log as the server has them, asked again while they are shown. */
export function useLogViews(log: string, options: { enabled?: boolean; refetchInterval?: number } = {}) {
  return queries.useQuery(
    "get",
    "/logs/{log}/views",
    { params: { path: { log }, query: { limit: VIEWS_MAX } } },
    { refetchInterval: REFRESH_MS, ...options },
  );
}
