/** A log: appending, reading, following. */

import type { Client } from "openapi-fetch";

import { binary, failure, unwrap } from "./call.js";
import { type EventInput, LogEvent, packed, toBytes } from "./event.js";
import type { components, paths } from "./generated.js";
import { sleep } from "./retry.js";
import { messages } from "./stream.js";
import { View } from "./view.js";

type Schemas = components["schemas"];

export interface AppendOptions {
  /** Makes a repeated append harmless for an hour; a random one if nothing is said. */
  idempotencyKey?: string;
  /** Append only if this is the log's head; 0 for an empty log. */
  expectedSequence?: number;
  signal?: AbortSignal;
}

export interface EventRange {
  from?: number;
  /** The time to begin with, in place of `from`; RFC 3339. */
  at?: string;
  limit?: number;
  direction?: Schemas["Direction"];
  /** Only events that hold this. */
  text?: string;
  /** Only events for which this holds, such as `@.tokens_out > 400`. */
  filter?: string;
}

function appendHeaders(options: AppendOptions) {
  return {
    "Idempotency-Key": options.idempotencyKey ?? crypto.randomUUID(),
    "Expected-Sequence": options.expectedSequence,
  };
}

export class Log {
  constructor(
    private readonly api: Client<paths>,
    readonly name: string,
  ) {}

  async get(): Promise<Schemas["LogBody"]> {
    return unwrap(this.api.GET("/logs/{log}", { params: { path: { log: this.name } } }));
  }

  /** Appends an event and returns its sequence. */
  async append(event: EventInput, options: AppendOptions = {}): Promise<number> {
    const answer = await unwrap(
      this.api.POST("/logs/{log}/append", {
        params: { path: { log: this.name }, header: appendHeaders(options) },
        ...binary(toBytes(event), "application/octet-stream"),
        signal: options.signal,
      }),
    );
    return answer.sequence;
  }

  /** Appends events in one request, all of them or none, and returns their sequences. */
  async appendBatch(events: readonly EventInput[], options: AppendOptions = {}): Promise<number[]> {
    const answer = await unwrap(
      this.api.POST("/logs/{log}/append_batch", {
        params: { path: { log: this.name }, header: appendHeaders(options) },
        ...binary(packed(events.map(toBytes)), "application/vnd.primatomic.events"),
        signal: options.signal,
      }),
    );
    return answer.sequences;
  }

  /**
   * Appends any number of events in batches, each of which is stored whole or not at all. Yields
   * the sequence of the last event of each batch.
   */
  async *appendAll(
    events: Iterable<EventInput> | AsyncIterable<EventInput>,
    limits: { events?: number; bytes?: number; signal?: AbortSignal } = {},
  ): AsyncGenerator<number> {
    const { events: eventsMax = 10_000, bytes: bytesMax = 4 << 20, signal } = limits;
    let batch: Uint8Array[] = [];
    let size = 0;
    const send = async () => (await this.appendBatch(batch, { signal })).at(-1) ?? 0;
    for await (const event of events) {
      const bytes = toBytes(event);
      if (batch.length > 0 && (batch.length >= eventsMax || size + bytes.length > bytesMax)) {
        yield await send();
        batch = [];
        size = 0;
      }
      batch.push(bytes);
      size += bytes.length + 4;
    }
    if (batch.length > 0) yield await send();
  }

  /**
   * Reads events, page by page, up to the end of the log: from a sequence or a time on, and only
   * those that hold a text and for which an expression holds.
   */
  async *events(range: EventRange = {}): AsyncGenerator<LogEvent> {
    const { direction, text, filter } = range;
    let { from, at, limit = Infinity } = range;
    while (limit > 0) {
      const query = { from, at, limit: Math.min(limit, 1000), direction, text, filter };
      const answer = await unwrap(
        this.api.GET("/logs/{log}/events", { params: { path: { log: this.name }, query } }),
      );
      // The other forms come to those that ask for them.
      const page = answer as Schemas["EventPageBody"];
      for (const event of page.events) yield new LogEvent(event);
      limit -= page.events.length;
      if (page.next === null || page.next === undefined) return;
      from = page.next;
      at = undefined;
    }
  }

  /**
   * Follows the log from a sequence on, or from its end. Connects again when the connection breaks,
   * behind the last event that was seen: none is missed, none comes twice.
   */
  async *tail(options: { from?: number; signal?: AbortSignal } = {}): AsyncGenerator<LogEvent> {
    const { signal } = options;
    let next = options.from ?? (await this.get()).head_sequence + 1;
    let pause = 100;
    for (;;) {
      const seen = next > 1 ? { "Last-Event-ID": next - 1 } : {};
      const { data, error, response } = await this.api.GET("/logs/{log}/events", {
        params: { path: { log: this.name }, header: seen, query: { from: 1 } },
        headers: { Accept: "text/event-stream" },
        parseAs: "stream",
        signal,
      });
      if (!response.ok || !data) throw failure(response, error);
      try {
        for await (const message of messages(data)) {
          const event = new LogEvent(JSON.parse(message) as Schemas["EventBody"]);
          if (event.sequence < next) continue;
          next = event.sequence + 1;
          pause = 100;
          yield event;
        }
      } catch (error) {
        // A connection that breaks is a TypeError; what else is thrown is no business of ours.
        if (signal?.aborted || !(error instanceof TypeError)) throw error;
      }
      await sleep(pause, signal);
      pause = Math.min(pause * 2, 10_000);
    }
  }

  /** A view of this log; nothing is sent yet. */
  view(view: string): View {
    return new View(this.api, this.name, view);
  }
}
