/**
 * The newest events of a log as they arrive, for drawing: however many there are, a bounded number is
 * kept, and what is shown changes at most once per frame.
 */

import { PrimatomicError } from "@primatomic/client";
import { primatomic } from "../../api/client";
import { type Connection, follow, type Question } from "./follow";
import { Ring } from "./ring";
import { type Row, toRow } from "./row";

export const ROWS = 2000;
/** Where more arrives than fits, faster drawing could not be read. */
const DRAW_MS = 100;
const AGAIN_MS = 1000;

export interface LiveState {
  connection: Connection;
  /** The last sequence that arrived; 0 before any. */
  last: number;
  /** How many events arrived in all. */
  total: number;
  /** Events that went by between two drawings and were never on the screen. */
  skipped: number;
  error?: unknown;
}

const START: LiveState = { connection: "connecting", last: 0, total: 0, skipped: 0 };

export class Live {
  readonly rows = new Ring<Row>(ROWS);
  /** How many rows the screen has room for. */
  room = 20;
  /** How many arrived until now, drawn or not. */
  total = 0;
  private state = START;
  private coming = START;
  private arrived = 0;
  private drawnAt = 0;
  private frame: number | undefined;
  private readonly listeners = new Set<() => void>();
  private readonly controller = new AbortController();

  constructor(
    private readonly log: string,
    private readonly question: Question = {},
  ) {}

  start(): void {
    void this.run();
  }

  stop(): void {
    this.controller.abort();
    if (this.frame !== undefined) cancelAnimationFrame(this.frame);
    this.frame = undefined;
  }

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  snapshot = () => this.state;

  /** The row of a sequence, if it is still kept. */
  row(sequence: number): Row | undefined {
    const newest = this.rows.newest(0);
    const row = newest && this.rows.newest(newest.sequence - sequence);
    return row?.sequence === sequence ? row : undefined;
  }

  private async run() {
    const onConnection = (connection: Connection) => this.change({ connection });
    try {
      const head = await this.head();
      this.change({ last: head });
      const pieces = follow(this.log, { ...this.question, from: head + 1, signal: this.controller.signal, onConnection });
      for await (const events of pieces) {
        for (const event of events) this.rows.push(toRow(event));
        this.arrived += events.length;
        this.total += events.length;
        this.change({ last: events.at(-1)?.sequence ?? 0, total: this.total });
      }
    } catch (error) {
      if (!this.controller.signal.aborted) this.change({ error });
    }
  }

  /** Where the log ends now; as soon as somebody can say it. */
  private async head(): Promise<number> {
    for (;;) {
      try {
        return (await primatomic.log(this.log).get()).head_sequence;
      } catch (error) {
        if (this.controller.signal.aborted || (error instanceof PrimatomicError && error.status < 500)) throw error;
        this.change({ connection: "reconnecting" });
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  }

  private change(change: Partial<LiveState>) {
    this.coming = { ...this.coming, ...change };
    this.frame ??= requestAnimationFrame(this.draw);
  }

  private readonly draw = (now: number) => {
    if (this.arrived > this.room && now - this.drawnAt < DRAW_MS) {
      this.frame = requestAnimationFrame(this.draw);
      return;
    }
    this.frame = undefined;
    this.drawnAt = now;
    const skipped = this.coming.skipped + Math.max(0, this.arrived - this.room);
    this.arrived = 0;
    this.coming = { ...this.coming, skipped };
    this.state = this.coming;
    for (const listener of this.listeners) listener();
  };
}
