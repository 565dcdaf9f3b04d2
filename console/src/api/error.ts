/** What went wrong with a call, as screens show it. */

export interface Problem {
  /** A sentence of the server. */
  message: string;
  /** The machine-readable code; `offline` when no answer came. */
  code: string;
  requestId?: string;
}

const OFFLINE: Problem = {
  message: "The server can't be reached. Nothing is lost; this page tries again by itself.",
  code: "offline",
};

/** Calls throw the error object of the API, a `PrimatomicError`, or what `fetch` throws. */
export function problem(error: unknown): Problem {
  if (error && typeof error === "object") {
    const it = error as Record<string, unknown>;
    if (typeof it.code === "string" && typeof it.error === "string") {
      return { message: sentence(it.error), code: it.code, requestId: text(it.request_id) };
    }
    if (typeof it.code === "string" && typeof it.message === "string") {
      return { message: sentence(it.message), code: it.code, requestId: text(it.requestId) };
    }
  }
  if (typeof error === "string" && error.startsWith("Rate limit")) {
    return { message: "Too many requests in this second. Try again in a moment.", code: "rate_limited" };
  }
  if (error instanceof TypeError) return OFFLINE;
  return { message: error instanceof Error ? error.message : String(error), code: "unknown" };
}

/** The server's words just as they came. */
export function verbatim(error: unknown): string {
  const { error: said, message } = (error ?? {}) as Record<string, unknown>;
  return text(said) ?? text(message) ?? problem(error).message;
}

const text = (value: unknown) => (typeof value === "string" ? value : undefined);

/** Messages of the API begin in lower case, since programs put them behind a colon. */
function sentence(message: string): string {
  const first = message.charAt(0).toUpperCase() + message.slice(1);
  return /[.!?…]$/.test(first) ? first : `${first}.`;
}
