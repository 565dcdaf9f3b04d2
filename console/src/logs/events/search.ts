/**
 * Looks for events that match, from the newest back, page by page until there are no more, enough were
 * found, or it is told to stop. The server does the looking.
 */

import { unwrap } from "@primatomic/client";
import { api, type Schemas } from "../../api/client";
import type { Question } from "./follow";
import { type Row, toRow } from "./row";

const PAGE = 500;
export const FOUND_MAX = 10_000;

/** A page of a search says what it looked at, too. */
type Page = Schemas["EventPageBody"] & { scanned?: number; matched?: number };

export interface SearchState {
  rows: readonly Row[];
  scanned: number;
  status: "running" | "stopped" | "full" | "done";
  error?: unknown;
}

const START: SearchState = { rows: [], scanned: 0, status: "stopped" };
const CANT = { code: "not_implemented", error: "this server can't search events yet" };

export class Search {
  private state = START;
  private next: number | undefined;
  private controller = new AbortController();
  private readonly listeners = new Set<() => void>();

  /** Between two sequences, both of them included. */
  constructor(
    private readonly log: string,
    private readonly question: Question,
    private readonly first: number,
    last: number,
  ) {
    this.next = last;
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = () => this.state;

  start = () => {
    if (this.state.status === "stopped") void this.run();
  };

  stop = () => {
    this.controller.abort();
    if (this.state.status === "running") this.change({ status: "stopped" });
  };

  private async run() {
    this.controller = new AbortController();
    const { signal } = this.controller;
    this.change({ status: "running", error: undefined });
    try {
      while (this.next !== undefined && this.next >= this.first) {
        if (this.state.rows.length >= FOUND_MAX) return this.change({ status: "full" });
        const query = { from: this.next, limit: PAGE, direction: "backward" as const, ...this.question };
        const answer = await unwrap(api.GET("/logs/{log}/events", { params: { path: { log: this.log }, query }, signal }));
        const page = answer as Page;
        if (page.scanned === undefined) throw CANT;
        const rows = page.events.filter((event) => event.sequence >= this.first).map(toRow);
        this.next = page.next ?? undefined;
        this.change({ rows: [...this.state.rows, ...rows], scanned: this.state.scanned + page.scanned });
      }
      this.change({ status: "done" });
    } catch (error) {
      if (!signal.aborted) this.change({ status: "stopped", error });
    }
  }

  private change(change: Partial<SearchState>) {
    this.state = { ...this.state, ...change };
    for (const listener of this.listeners) listener();
  }
}
