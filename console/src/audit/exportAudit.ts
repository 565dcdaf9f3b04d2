/** Reads the audit log as a stream of lines, and makes a file of it. An answer that breaks off is an error, not a shorter file. */

import { api } from "../api/client";
import { CSV_HEAD, csvLine } from "./csv";
import type { Filter } from "./filter";
import { type Names, namesIn } from "./names";
import type { AuditEvent } from "./sentences";

export type Format = "ndjson" | "csv";

const CONTENT: Record<Format, string> = { ndjson: "application/x-ndjson", csv: "text/csv;charset=utf-8" };

interface Wanted {
  filter: Filter;
  format: Format;
  names: Names;
  signal: AbortSignal;
  progress: (changes: number) => void;
}

export async function exportAudit({ filter, format, names, signal, progress }: Wanted): Promise<Blob> {
  const { data, error } = await api.GET("/tenants/me/audit", {
    params: { query: { ...filter } },
    headers: { Accept: CONTENT.ndjson },
    parseAs: "stream",
    signal,
  });
  if (error) throw error;
  const lines: string[] = [];
  for await (const line of linesOf(data as ReadableStream<Uint8Array<ArrayBuffer>>)) {
    lines.push(line);
    if (lines.length % 500 === 0) progress(lines.length);
  }
  progress(lines.length);
  if (format === "ndjson") return new Blob(lines.map((line) => `${line}\n`), { type: CONTENT.ndjson });
  const events = lines.map((line) => JSON.parse(line) as AuditEvent);
  const known = new Map([...namesIn(events), ...names]);
  return new Blob([CSV_HEAD, ...events.map((event) => csvLine(event, known))], { type: CONTENT.csv });
}

async function* linesOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    yield* lines.filter(Boolean);
  }
  if (rest) yield rest;
}
