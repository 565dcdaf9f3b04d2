/** Changes as lines of CSV, safe to open in a spreadsheet. */

import { actorName } from "../session/actor";
import { type Names, plainSentence } from "./names";
import { type AuditEvent, sentence } from "./sentences";

export const CSV_HEAD = "sequence,at,type,actor_kind,actor_id,actor,sentence,request_id,details\r\n";

/** A cell. What a spreadsheet would take for a formula gets an apostrophe before it. */
export function cell(value: string | number | null | undefined): string {
  let text = value === null || value === undefined ? "" : String(value);
  if (/^[=+\-@\t\r]/.test(text)) text = `'${text}`;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

export function csvLine(event: AuditEvent, names: Names): string {
  const { sequence, at, type, actor, request_id, details } = event;
  const cells = [
    sequence,
    at,
    type,
    actor.kind,
    actor.id,
    actorName(actor, names),
    plainSentence(event, sentence(event), names),
    request_id,
    JSON.stringify(details),
  ];
  return `${cells.map(cell).join(",")}\r\n`;
}
