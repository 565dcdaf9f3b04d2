/**
 * Which events the list holds, newest first: all of the log up to where it ends or is held, those
 * between two times, or those that a search found.
 */

import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import type { Question } from "./follow";
import { Live, type LiveState, ROWS } from "./live";
import { Pages } from "./pages";
import type { Row } from "./row";
import { Search, type SearchState } from "./search";

/** Rows that a browser can scroll through. */
const ROWS_MAX = 400_000;

export interface Events {
  count: number;
  sequence: (index: number) => number;
  row: (index: number) => Row | undefined;
  /** Where a sequence stands, or would stand. */
  index: (sequence: number) => number;
  /** Asks for rows that come into sight. */
  want: (first: number, last: number) => void;
  error?: unknown;
  retry?: () => void;
}

const NOTHING: LiveState = { connection: "connecting", last: 0, total: 0, skipped: 0 };
const none = () => () => undefined;

/** A tail of what is appended from now on, while it is wanted. */
export function useLive(log: string, { text, filter }: Question, isWanted: boolean): { live?: Live; state: LiveState } {
  const [live, setLive] = useState<Live>();
  useEffect(() => {
    if (!isWanted) return;
    const tail = new Live(log, { text, filter });
    tail.start();
    setLive(tail);
    return () => {
      tail.stop();
      setLive(undefined);
    };
  }, [log, text, filter, isWanted]);
  const state = useSyncExternalStore(live?.subscribe ?? none, live?.snapshot ?? (() => NOTHING));
  return { live, state };
}

interface Window {
  first: number;
  last: number;
  /** What has to be within, if the log is longer than a list. */
  around?: number;
}

/** The events between two sequences. */
export function useAll(log: string, { first, last, around }: Window, live: Live | undefined): Events {
  const pages = useMemo(() => new Pages(log), [log]);
  useEffect(() => () => pages.stop(), [pages]);
  useSyncExternalStore(pages.subscribe, pages.snapshot);
  // A longer log is cut to what surrounds the place that was asked for.
  const top = around === undefined ? last : Math.min(last, around + ROWS_MAX / 2);
  const bottom = Math.max(first, top - ROWS_MAX + 1);
  const at = useCallback((sequence: number) => live?.row(sequence) ?? pages.row(sequence), [live, pages]);
  return {
    count: Math.max(0, top - bottom + 1),
    sequence: (index) => top - index,
    row: (index) => at(top - index),
    index: (sequence) => top - sequence,
    want: (from, to) => pages.want(Math.max(bottom, top - to), top - from, (sequence) => at(sequence) !== undefined),
    error: pages.error,
    retry: () => pages.retry(),
  };
}

const EMPTY: SearchState = { rows: [], scanned: 0, status: "stopped" };

export interface Found extends Events {
  state: SearchState;
  start: () => void;
  stop: () => void;
}

/**
 * The events that match, found from the newest back, and before them those that arrived meanwhile, up
 * to the one at which the list is held.
 */
export function useSearch(
  log: string,
  { text, filter }: Question,
  range: Window | undefined,
  live: Live | undefined,
  arrived: number,
): Found {
  const isWanted = Boolean(text || filter);
  const first = range?.first;
  const isReady = range !== undefined;
  // The end is taken when the search begins; what is appended later comes by the tail.
  const last = useRef(0);
  last.current = range?.last ?? 0;
  const search = useMemo(
    () => (isWanted && isReady ? new Search(log, { text, filter }, first ?? 1, last.current) : undefined),
    [log, text, filter, isWanted, isReady, first],
  );
  useEffect(() => {
    search?.start();
    return () => search?.stop();
  }, [search]);
  const state = useSyncExternalStore(search?.subscribe ?? none, search?.snapshot ?? (() => EMPTY));
  const later = live ? live.total - arrived : 0;
  const shown = Math.max(0, Math.min(arrived, ROWS - later));
  const row = (index: number) => (index < shown ? live?.rows.newest(index + later) : state.rows[index - shown]);
  const count = shown + state.rows.length;
  return {
    count,
    sequence: (index) => row(index)?.sequence ?? 0,
    row,
    index: (sequence) => {
      for (let index = 0; index < count; index += 1) if ((row(index)?.sequence ?? 0) <= sequence) return index;
      return count;
    },
    want: () => undefined,
    error: state.error,
    retry: search?.start,
    state,
    start: () => search?.start(),
    stop: () => search?.stop(),
  };
}
