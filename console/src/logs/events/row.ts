/** An event as a row of a list has it: its beginning alone, however long it is. */

import type { Schemas } from "../../api/client";

export type EventBody = Schemas["EventBody"];

export const PREVIEW = 600;
const HEX_PREVIEW = 80;

export interface Row {
  sequence: number;
  timestamp: string;
  /** The beginning of the text, or of the bytes in hexadecimal. */
  preview: string;
  isText: boolean;
  /** Whether there is more than the preview. */
  isCut: boolean;
}

/** A copy of the beginning: a part of a string would keep the whole of it in memory. */
const beginning = (text: string, length: number) => (text.length <= length ? text : ` ${text.slice(0, length)}`.slice(1));

export function toRow({ sequence, timestamp, data, encoding }: EventBody): Row {
  if (encoding === "utf8") {
    return { sequence, timestamp, preview: beginning(data, PREVIEW), isText: true, isCut: data.length > PREVIEW };
  }
  // Four characters of base64 are three bytes.
  const length = Math.ceil(HEX_PREVIEW / 3) * 4;
  const bytes = atob(data.slice(0, length));
  const preview = Array.from(bytes, (char) => char.charCodeAt(0).toString(16).padStart(2, "0")).join(" ");
  return { sequence, timestamp, preview, isText: false, isCut: data.length > length };
}
