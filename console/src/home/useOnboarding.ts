/** How far a tenant has come, by what the server has seen; it does not matter from where it was done. */

import { queries } from "../api/client";
import { useLogViews } from "../views/LogViews";
import { SAMPLE_LOG, SAMPLE_VIEW } from "./sample";
import { nextStep, type Step } from "./steps";

const POLL_MS = 2000;

export interface Progress {
  isKnown: boolean;
  /** No more than one log, and not all of the steps done. */
  isNew: boolean;
  done: Record<Step, boolean>;
  log: string;
  view: string;
  /** Why the view that was deployed does not answer. */
  failure?: string;
  error: unknown;
}

/** Polls as long as something is left, and the page is seen. */
export function useOnboarding(): Progress {
  const logs = queries.useQuery("get", "/logs", { params: { query: { limit: 20 } } }, { refetchInterval: POLL_MS });
  const all = logs.data?.logs ?? [];
  const log = all.find((it) => it.event_count > 0) ?? all[0];
  const name = log?.log_name ?? SAMPLE_LOG;
  const views = useLogViews(name, { enabled: log !== undefined, refetchInterval: POLL_MS });
  const view = views.data?.views.find((it) => it.state === "live") ?? views.data?.views[0];
  const hasView = view?.state === "live";
  const use = queries.useQuery(
    "get",
    "/billing/usage",
    { params: { query: { log: name, view: view?.view_name } } },
    // Only queries send answers out, so that bytes are a query that was answered.
    { enabled: view !== undefined, refetchInterval: ({ state }) => (answered(state.data) ? false : POLL_MS) },
  );
  const done = {
    log: log !== undefined,
    append: (log?.event_count ?? 0) > 0,
    deploy: hasView,
    query: view !== undefined && answered(use.data),
  };
  return {
    isKnown: logs.data !== undefined && (log === undefined || !views.isPending) && (view === undefined || !use.isPending),
    isNew: all.length <= 1 && nextStep(done) !== undefined,
    done,
    log: name,
    view: view?.view_name ?? SAMPLE_VIEW,
    failure: view?.versions[0]?.failure?.message,
    error: logs.error,
  };
}

const answered = (use?: { exact: { data_out_bytes: string } }) => use !== undefined && use.exact.data_out_bytes !== "0";
