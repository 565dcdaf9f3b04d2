/** Reads every event of a log and recomputes its hash chain, in small steps so that the page stays usable. */

import { LogEvent, unwrap } from "@primatomic/client";
import { api, type Schemas } from "../../api/client";
import { persist } from "../../api/persist";
import { Chain } from "./chain";

const PAGE = 1000;
/** The page gets its turn after so many milliseconds of hashing. */
const TURN_MS = 12;

export interface Verified {
  sequence: number;
  expected: string;
  computed: string;
}

interface Options {
  signal: AbortSignal;
  onProgress: (done: number, of: number) => void;
  onWaiting: (isWaiting: boolean) => void;
}

export async function verify(log: string, { signal, onProgress, onWaiting }: Options): Promise<Verified> {
  const path = { log };
  const head = await persist(() => unwrap(api.GET("/logs/{log}", { params: { path }, signal })), { signal, onWaiting });
  const chain = new Chain(head.log_id);
  const last = head.head_sequence;
  let turn = performance.now();
  for (let next: number | undefined = last > 0 ? 1 : undefined; next !== undefined && next <= last; ) {
    const query = { from: next, limit: Math.min(PAGE, last + 1 - next) };
    const answer = await persist(() => unwrap(api.GET("/logs/{log}/events", { params: { path, query }, signal })), { signal, onWaiting });
    const page = answer as Schemas["EventPageBody"];
    for (const body of page.events) {
      const event = new LogEvent(body);
      chain.add(event.sequence, event.timestamp, event.bytes);
      if (performance.now() - turn > TURN_MS) {
        onProgress(event.sequence, last);
        await new Promise((resolve) => setTimeout(resolve));
        signal.throwIfAborted();
        turn = performance.now();
      }
    }
    next = page.next ?? undefined;
  }
  onProgress(last, last);
  return { sequence: last, expected: head.chain_hash, computed: chain.hex() };
}
