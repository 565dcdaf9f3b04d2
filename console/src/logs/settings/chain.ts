/** The hash chain of a log, as docs/formats.md has it: each value covers an event and all before it. */

import { blake3 } from "@noble/hashes/blake3.js";
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

/** Sequence, timestamp and length, behind the value before. */
const HEAD = 32 + 8 + 8 + 4;

export class Chain {
  private value: Uint8Array;
  private buffer = new Uint8Array(1024);

  constructor(logId: string) {
    this.value = blake3(hexToBytes(logId.replaceAll("-", "")));
  }

  add(sequence: number, timestamp: string, event: Uint8Array): void {
    const length = HEAD + event.length;
    if (this.buffer.length < length) this.buffer = new Uint8Array(2 * length);
    const view = new DataView(this.buffer.buffer);
    this.buffer.set(this.value);
    view.setBigUint64(32, BigInt(sequence), true);
    view.setBigUint64(40, microseconds(timestamp), true);
    view.setUint32(48, event.length, true);
    this.buffer.set(event, HEAD);
    this.value = blake3(this.buffer.subarray(0, length));
  }

  hex(): string {
    return bytesToHex(this.value);
  }
}

/** Since 1970, of a time as the API writes it; a `Date` would cut it to milliseconds. */
export function microseconds(timestamp: string): bigint {
  const fraction = /\.(\d+)/.exec(timestamp)?.[1] ?? "";
  const seconds = Date.parse(timestamp.replace(/\.\d+/, "")) / 1000;
  return BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, "0").slice(0, 6));
}
