/**
 * A live tail. It connects again when the connection breaks, behind the last event that was seen: none
 * is missed, none comes twice.
 */

import { createParser } from "eventsource-parser";
import { api } from "../../api/client";
import type { EventBody } from "./row";

export type Connection = "connecting" | "live" | "reconnecting";

export interface Question {
  text?: string;
  filter?: string;
}

interface Options extends Question {
  /** The first sequence that is wanted. */
  from: number;
  signal: AbortSignal;
  onConnection: (connection: Connection) => void;
}

/** The server says something at least every 15 seconds; a connection without a word is dead. */
const SILENCE_MS = 45_000;
const PAUSE_MS = 250;
const PAUSE_MS_MAX = 10_000;

/** The events of each piece that arrives, together. Throws what trying again would not mend. */
export async function* follow(log: string, options: Options): AsyncGenerator<EventBody[]> {
  const { text, filter, signal, onConnection } = options;
  let next = options.from;
  let pause = PAUSE_MS;
  onConnection("connecting");
  while (!signal.aborted) {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    signal.addEventListener("abort", stop, { once: true });
    let silence = setTimeout(stop, SILENCE_MS);
    try {
      const stream = await connect(log, next, { text, filter }, attempt.signal);
      onConnection("live");
      let events: EventBody[] = [];
      const parser = createParser({
        onEvent: ({ event, id, data }) => {
          if (!event) events.push(JSON.parse(data) as EventBody);
          // How far a filter has looked: behind that a new connection goes on.
          else if (event === "scanned" && id) next = Math.max(next, Number(id) + 1);
        },
      });
      for await (const piece of stream.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)) {
        clearTimeout(silence);
        silence = setTimeout(stop, SILENCE_MS);
        pause = PAUSE_MS;
        parser.feed(piece);
        const seen = next;
        const fresh = events.filter((event) => event.sequence >= seen);
        events = [];
        const last = fresh.at(-1);
        if (!last) continue;
        next = last.sequence + 1;
        yield fresh;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused) throw error.error;
    } finally {
      clearTimeout(silence);
      signal.removeEventListener("abort", stop);
      attempt.abort();
    }
    if (signal.aborted) return;
    onConnection("reconnecting");
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(pause * 2, PAUSE_MS_MAX);
  }
}

/** An answer that stays the same, however often one asks. */
class Refused {
  constructor(readonly error: unknown) {}
}

async function connect(log: string, next: number, question: Question, signal: AbortSignal): Promise<ReadableStream<Uint8Array>> {
  const { data, error, response } = await api.GET("/logs/{log}/events", {
    params: { path: { log }, query: { from: 1, ...question }, header: next > 1 ? { "Last-Event-ID": next - 1 } : {} },
    headers: { Accept: "text/event-stream" },
    parseAs: "stream",
    signal,
  });
  if (!response.ok) {
    if (response.status < 500 && response.status !== 429) throw new Refused(error);
    throw new Error("the server was busy");
  }
  return data as ReadableStream<Uint8Array>;
}
