/** How far a tenant has come, by what the server has seen; it does not matter from where it was done. */

import { useState } from "react";
import { queries } from "../api/client";
import { useLogViews } from "../views/useLogViews";
import { SAMPLE_LOG, SAMPLE_VIEW } from "./sample";
import { nextStep, type Step } from "./steps";

const POLL_MS = 2000;

export interface Progress {
  /** Whether the tenant is new, or was when the screen was opened: who was led to the end sees the end. */
  isShown: boolean;
  done: Record<Step, boolean>;
  log: string;
  view: string;
  /** Why the view that was deployed does not answer. */
  failure?: string;
  error: unknown;
}

/** Polls as long as something is left, and the page is seen. */
export function useOnboarding(): Progress {
  const logs = queries.useQuery(
    "get",
    "/logs",
    { params: { query: { limit: 2 } } },
    { refetchInterval: ({ state }) => (isBeyond(state.data) ? false : POLL_MS) },
  );
  const all = isBeyond(logs.data) ? [] : (logs.data?.logs ?? []);
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
  const isKnown = logs.data !== undefined && (log === undefined || !views.isPending) && (view === undefined || !use.isPending);
  const isNew = isKnown && !isBeyond(logs.data) && nextStep(done) !== undefined;
  const [wasNew, setWasNew] = useState(false);
  if (isNew && !wasNew) setWasNew(true);
  return {
    isShown: isNew || wasNew,
    done,
    log: name,
    view: view?.view_name ?? SAMPLE_VIEW,
    failure: view?.versions[0]?.failure?.message,
    error: logs.error,
  };
}

/** Whoever has several logs knows the way. */
const isBeyond = (list?: { logs: unknown[] }) => list !== undefined && list.logs.length > 1;

const answered = (use?: { exact: { data_out_bytes: string } }) => use !== undefined && use.exact.data_out_bytes !== "0";
