/** Reads every event of a log and recomputes its hash chain, in small steps so that the page stays usable. */

import { LogEvent, unwrap } from "@primatomic/client";
import { api, type Schemas } from "../../api/client";
import { persist } from "../../api/persist";
import { Chain } from "./chain";

type Page = Schemas["EventPageBody"];

const PAGE = 2000;
/** The page gets its turn after so many milliseconds of hashing. */
const TURN_MS = 12;
/** Progress is said so often. */
const TOLD_MS = 100;

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

export async function verify(log: string, options: Options): Promise<Verified> {
  const { signal, onProgress } = options;
  const path = { log };
  const head = await persist(() => unwrap(api.GET("/logs/{log}", { params: { path }, signal })), options);
  const last = head.head_sequence;
  const read = async (from: number): Promise<Page> => {
    const query = { from, limit: Math.min(PAGE, last + 1 - from) };
    const page = await persist(() => unwrap(api.GET("/logs/{log}/events", { params: { path, query }, signal })), options);
    return page as Page;
  };
  const chain = new Chain(head.log_id);
  let turn = performance.now();
  let told = turn;
  let coming = last > 0 ? read(1) : undefined;
  while (coming) {
    const page: Page = await coming;
    // The next page is on its way while this one is hashed.
    coming = page.next && page.next <= last ? read(page.next) : undefined;
    // If hashing ends early, nobody waits for it.
    coming?.catch(() => undefined);
    for (const body of page.events) {
      const event = new LogEvent(body);
      chain.add(event.sequence, event.timestamp, event.bytes);
      if (performance.now() - turn < TURN_MS) continue;
      if (performance.now() - told > TOLD_MS) {
        onProgress(event.sequence, last);
        told = performance.now();
      }
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
      turn = performance.now();
    }
  }
  onProgress(last, last);
  return { sequence: last, expected: head.chain_hash, computed: chain.hex() };
}
