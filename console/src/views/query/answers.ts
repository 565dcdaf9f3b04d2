/** Answers as text that can be compared line by line. */

import { type Content, formOf } from "../../design/bytes";
import { hexRows } from "../../design/hex";
import { pretty } from "../../design/json";
import { visible } from "../../design/visible";

export function readable(it: Content): string {
  const form = formOf(it);
  if (form === "json") return pretty(it.json?.value);
  return form === "text" ? visible(it.text) : hexRows(it.bytes, 0, it.bytes.length, 16);
}
