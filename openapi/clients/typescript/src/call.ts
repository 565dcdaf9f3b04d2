/** What all calls of the generated operations have in common. */

import { PrimatomicError } from "./error.js";

/** The data of an answer; an error answer is thrown. */
export async function unwrap<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw failure(response, error);
  return data as T;
}

export function failure(response: Response, error: unknown): PrimatomicError {
  return new PrimatomicError(response.status, error, response.headers.get("Request-Id") ?? undefined);
}

/** Bytes as the body of an operation; the document says only that they are binary. */
export function binary(bytes: Uint8Array<ArrayBuffer> | undefined, contentType: string) {
  return {
    body: bytes as unknown as string,
    bodySerializer: (body: unknown) => body as BodyInit,
    headers: { "Content-Type": contentType },
  };
}
