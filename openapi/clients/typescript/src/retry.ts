/**
 * Sending again.
 *
 * A request that was refused for its rate was not looked at, so it can be sent again whatever it
 * is. After any other failure only those are repeated that do no harm twice: reads, queries, and
 * appends, which carry an Idempotency-Key.
 */

type Fetch = (request: Request) => Promise<Response>;

const FIRST_PAUSE_MS = 100;
const PAUSE_MS_MAX = 10_000;
const RETRY_AFTER_MS_MAX = 60_000;

/** Wraps `fetch` so that it repeats a request up to `retries` times. */
export function retrying(fetch: Fetch, retries: number): Fetch {
  return async (request) => {
    // In memory, because a stream can be sent once. (`clone` would keep it as two streams, which Node
    // cancels together when one of them is collected.)
    const body = request.body === null ? undefined : await request.arrayBuffer();
    let pause = FIRST_PAUSE_MS;
    for (let left = retries; ; left--) {
      const attempt = new Request(request, { body });
      const outcome = await fetch(attempt).catch((error: unknown) => new Failed(error));
      if (left <= 0 || request.signal.aborted || !mayRepeat(request, outcome)) {
        if (outcome instanceof Failed) throw outcome.error;
        return outcome;
      }
      // Never before the server asked for it, doubled every time, and spread by chance, so that
      // clients that failed together do not come back together.
      pause = Math.max(pause, outcome instanceof Failed ? 0 : retryAfterMs(outcome));
      if (!(outcome instanceof Failed)) await outcome.body?.cancel();
      await sleep(pause * (1 + Math.random() / 2), request.signal);
      pause = Math.min(pause * 2, PAUSE_MS_MAX);
    }
  };
}

/** No answer came. */
class Failed {
  constructor(readonly error: unknown) {}
}

function mayRepeat(request: Request, outcome: Response | Failed): boolean {
  if (outcome instanceof Failed) return isHarmless(request);
  if (outcome.status === 429) return true;
  return (outcome.status === 502 || outcome.status === 503) && isHarmless(request);
}

function isHarmless(request: Request): boolean {
  return (
    request.method === "GET" ||
    request.headers.has("Idempotency-Key") ||
    new URL(request.url).pathname.endsWith("/query")
  );
}

function retryAfterMs(response: Response): number {
  const seconds = Number(response.headers.get("Retry-After") ?? 0);
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0) * 1000, RETRY_AFTER_MS_MAX) : 0;
}

/** Waits; rejects as soon as the signal says so. */
export function sleep(ms: number, signal?: AbortSignal | null): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    if (signal?.aborted) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  });
}
