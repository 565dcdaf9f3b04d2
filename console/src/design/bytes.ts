/** What bytes may be shown as. */

import { parseJson } from "./json";

export const FORMS = ["json", "text", "hex"] as const;
export type Form = (typeof FORMS)[number];

/** What was found out about bytes, once. */
export interface Content {
  bytes: Uint8Array;
  text: string;
  isText: boolean;
  json?: { value: unknown };
}

export function content(bytes: Uint8Array): Content {
  const text = new TextDecoder().decode(bytes);
  // A decoder replaces what is no UTF-8; other controls than white space are no text of people.
  const isText = !text.includes("\ufffd") && !/[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/.test(text);
  return { bytes, text, isText, json: parseJson(text) };
}

/** The form that was asked for where it is possible, else the one that says most. */
export function formOf(it: Content, wanted?: string): Form {
  if (wanted === "hex" || wanted === "text") return wanted;
  if (it.json) return "json";
  return it.isText ? "text" : "hex";
}
