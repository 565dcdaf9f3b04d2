/** What the server answers when it does not do what it was asked to. */

import type { components } from "./generated.js";

type ErrorBody = components["schemas"]["Error"];

/** An error answer. The message is a sentence for people; programs look at `code`. */
export class PrimatomicError extends Error {
  override readonly name = "PrimatomicError";
  /** The HTTP status. */
  readonly status: number;
  /** Such as `log_not_found`; undefined when something else than Primatomic answered. */
  readonly code: ErrorBody["code"] | undefined;
  /** Finds the request in the server's log. */
  readonly requestId: string | undefined;
  /** The whole answer, for the fields that some codes have: `head`, `applied`, `sequence`. */
  readonly body: Partial<ErrorBody>;

  constructor(status: number, body: unknown, requestId?: string) {
    const known = isErrorBody(body) ? body : undefined;
    const text = typeof body === "string" && body.length > 0 ? body.slice(0, 300) : undefined;
    super(known?.error ?? text ?? `the server answered with status ${status}`);
    this.status = status;
    this.code = known?.code ?? (status === 429 ? "rate_limited" : undefined);
    this.requestId = known?.request_id ?? requestId;
    this.body = known ?? {};
  }
}

function isErrorBody(body: unknown): body is ErrorBody {
  return typeof body === "object" && body !== null && "error" in body && "code" in body;
}
