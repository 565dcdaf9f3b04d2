/** Long work goes on after a broken connection: a step is tried until it works or cannot. */

import { PrimatomicError } from "@primatomic/client";

const PAUSE_MS = 500;
const PAUSE_MS_MAX = 10_000;

/** Whether it may work later: no answer came, or the server was busy. */
const isPassing = (error: unknown) =>
  error instanceof TypeError || (error instanceof PrimatomicError && (error.status >= 500 || error.status === 429));

interface Options {
  signal: AbortSignal;
  /** Says that it waits, and that it went on. */
  onWaiting?: (isWaiting: boolean) => void;
}

export async function persist<T>(step: () => Promise<T>, { signal, onWaiting }: Options): Promise<T> {
  for (let pause = PAUSE_MS; ; pause = Math.min(pause * 2, PAUSE_MS_MAX)) {
    try {
      const result = await step();
      onWaiting?.(false);
      return result;
    } catch (error) {
      signal.throwIfAborted();
      if (!isPassing(error)) throw error;
      onWaiting?.(true);
      await new Promise((resolve) => setTimeout(resolve, pause));
      signal.throwIfAborted();
    }
  }
}
