/** Events as the client takes and gives them. */

import type { components } from "./generated.js";

/** What can be appended: bytes as they are, text as UTF-8, anything else as JSON. */
export type EventInput = Uint8Array | string | object;

export function toBytes(event: EventInput): Uint8Array<ArrayBuffer> {
  if (event instanceof Uint8Array) return new Uint8Array(event);
  return new TextEncoder().encode(typeof event === "string" ? event : JSON.stringify(event));
}

/** The binary form of a batch: for each event a little-endian `u32` length, and its bytes. */
export function packed(events: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const size = events.reduce((sum, event) => sum + 4 + event.length, 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const event of events) {
    view.setUint32(at, event.length, true);
    bytes.set(event, at + 4);
    at += 4 + event.length;
  }
  return bytes;
}

/** An event of a log. */
export class LogEvent {
  readonly sequence: number;
  /** RFC 3339, to the microsecond. */
  readonly timestamp: string;
  readonly bytes: Uint8Array;

  constructor(event: components["schemas"]["EventBody"]) {
    this.sequence = event.sequence;
    this.timestamp = event.timestamp;
    this.bytes =
      event.encoding === "base64"
        ? Uint8Array.from(atob(event.data), (char) => char.charCodeAt(0))
        : new TextEncoder().encode(event.data);
  }

  text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T;
  }
}
