/** Writes the events of a log into a file as NDJSON, page by page: what was written is not kept in memory. */

import { PrimatomicError } from "@primatomic/client";
import { api } from "../../api/client";
import { persist } from "../../api/persist";

const PAGE = 5000;

/** Where the lines go. */
export interface Sink {
  write: (lines: string) => Promise<void>;
  close: () => Promise<void>;
  abort: () => Promise<void>;
}

interface Options {
  signal: AbortSignal;
  /** The last sequence that is wanted. */
  last: number;
  onProgress: (sequence: number, bytes: number) => void;
  onWaiting: (isWaiting: boolean) => void;
}

export async function exportEvents(log: string, sink: Sink, { signal, last, onProgress, onWaiting }: Options): Promise<void> {
  let next: number | undefined = last > 0 ? 1 : undefined;
  let bytes = 0;
  try {
    while (next !== undefined && next <= last) {
      const query = { from: next, limit: Math.min(PAGE, last + 1 - next) };
      const page = await persist(() => read(log, query, signal), { signal, onWaiting });
      await sink.write(page.lines);
      signal.throwIfAborted();
      bytes += page.lines.length;
      next = page.next;
      onProgress(next === undefined ? last : next - 1, bytes);
    }
    await sink.close();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

async function read(log: string, query: { from: number; limit: number }, signal: AbortSignal) {
  const { data, error, response } = await api.GET("/logs/{log}/events", {
    params: { path: { log }, query },
    headers: { Accept: "application/x-ndjson" },
    parseAs: "text",
    signal,
  });
  if (!response.ok) throw new PrimatomicError(response.status, error);
  const next = response.headers.get("Primatomic-Next");
  return { lines: data as string, next: next ? Number(next) : undefined };
}

interface Picker {
  showSaveFilePicker?: (options: object) => Promise<{
    createWritable: () => Promise<{ write: (text: string) => Promise<void>; close: () => Promise<void>; abort: () => Promise<void> }>;
  }>;
}

/** A file of the user's choice where the browser can write one as it grows; else a download at the end. */
export async function openSink(name: string): Promise<Sink> {
  const { showSaveFilePicker } = window as Picker;
  if (!showSaveFilePicker) return downloadSink(name);
  const types = [{ description: "Newline-delimited JSON", accept: { "application/x-ndjson": [".ndjson"] } }];
  const file = await showSaveFilePicker.call(window, { suggestedName: name, types });
  return file.createWritable();
}

function downloadSink(name: string): Sink {
  let parts: Blob[] = [];
  return {
    // A browser may keep blobs on the disk; strings stay in memory.
    write: async (lines) => void parts.push(new Blob([lines])),
    close: async () => {
      const url = URL.createObjectURL(new Blob(parts, { type: "application/x-ndjson" }));
      const link = document.createElement("a");
      link.href = url;
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    },
    abort: async () => {
      parts = [];
    },
  };
}
