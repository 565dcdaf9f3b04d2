/**
 * Events of a log by their sequence: asked for page by page as they come into sight, and forgotten
 * when many others were seen since.
 */

import { unwrap } from "@primatomic/client";
import { api, type Schemas } from "../../api/client";
import { type Row, toRow } from "./row";

const PAGE = 100;
const PAGES = 150;
/** What was scrolled past sooner is not asked for. */
const REST_MS = 60;

export class Pages {
  private readonly pages = new Map<number, Map<number, Row>>();
  private readonly asked = new Set<number>();
  private readonly listeners = new Set<() => void>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private version = 0;
  private controller = new AbortController();
  error: unknown;

  constructor(private readonly log: string) {}

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = () => this.version;

  row(sequence: number): Row | undefined {
    return this.pages.get(pageOf(sequence))?.get(sequence);
  }

  /** Asks for those of a range that are missing, once it rests. */
  want(first: number, last: number, isHere: (sequence: number) => boolean): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      for (let page = pageOf(first); page <= pageOf(last); page += 1) {
        const from = Math.max(first, page * PAGE + 1);
        const to = Math.min(last, (page + 1) * PAGE);
        let isWhole = true;
        for (let sequence = from; sequence <= to; sequence += 1) isWhole &&= isHere(sequence);
        if (!isWhole) void this.load(page, to);
      }
    }, REST_MS);
  }

  retry(): void {
    this.error = undefined;
    this.changed();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.controller.abort();
    this.controller = new AbortController();
    this.asked.clear();
  }

  private async load(page: number, wanted: number) {
    if (this.asked.has(page) || this.error !== undefined) return;
    this.asked.add(page);
    const { signal } = this.controller;
    const rows = this.pages.get(page) ?? new Map<number, Row>();
    // The one that was seen last is forgotten last.
    this.pages.delete(page);
    this.pages.set(page, rows);
    try {
      let from: number | null | undefined = page * PAGE + 1;
      // A page of the server ends early when its events are large.
      while (from && from <= wanted) {
        const query = { from, limit: (page + 1) * PAGE + 1 - from };
        const answer = await unwrap(api.GET("/logs/{log}/events", { params: { path: { log: this.log }, query }, signal }));
        const { events, next } = answer as Schemas["EventPageBody"];
        for (const event of events) rows.set(event.sequence, toRow(event));
        from = next;
        this.changed();
      }
    } catch (error) {
      if (!signal.aborted) this.error = error;
    } finally {
      if (!signal.aborted) this.asked.delete(page);
    }
    for (const oldest of this.pages.keys()) {
      if (this.pages.size <= PAGES) break;
      this.pages.delete(oldest);
    }
    if (!signal.aborted) this.changed();
  }

  private changed() {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }
}

const pageOf = (sequence: number) => Math.floor((sequence - 1) / PAGE);
