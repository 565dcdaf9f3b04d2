/** A file of events: found out what it holds, and what is wrong with it, before anything is sent. */

import { primatomic } from "../../api/client";
import { persist } from "../../api/persist";

/** One event of a log. */
export const EVENT_BYTES_MAX = 1 << 20;
export const FILE_BYTES_MAX = 256 << 20;
const BATCH_EVENTS = 5000;
const BATCH_BYTES = 2 << 20;
const PROBLEMS_MAX = 50;
/** The page gets its turn after so many milliseconds. */
const TURN_MS = 12;

export interface Problem {
  /** Counted from 1. */
  line: number;
  message: string;
}

export interface Checked {
  form: "lines" | "array";
  /** Each as it stands in the file. */
  events: string[];
  bytes: number;
  /** The first ones. */
  problems: Problem[];
}

const utf8 = new TextEncoder();

export async function check(text: string): Promise<Checked> {
  const whole = text.startsWith("\ufeff") ? text.slice(1) : text;
  return /^\s*\[/.test(whole) && isArray(whole) ? checkArray(whole) : checkLines(whole);
}

/** Lines may be arrays, too: then the first one is a whole. */
function isArray(text: string): boolean {
  const first = text.trimStart().split("\n", 1)[0] ?? "";
  const isOneLine = text.trim() === first.trim();
  return isOneLine || message(first) !== undefined;
}

async function checkLines(text: string): Promise<Checked> {
  const checked: Checked = { form: "lines", events: [], bytes: 0, problems: [] };
  const lines = text.split("\n");
  let turn = performance.now();
  for (const [at, line] of lines.entries()) {
    if (performance.now() - turn > TURN_MS) {
      await new Promise((resolve) => setTimeout(resolve));
      turn = performance.now();
    }
    const event = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (event.trim() === "") continue;
    // A line of its own has no other lines to point at.
    add(checked, event, at + 1, message(event)?.replace(/ \(line \d+ column \d+\)$/, ""));
  }
  return checked;
}

function checkArray(text: string): Checked {
  const checked: Checked = { form: "array", events: [], bytes: 0, problems: [] };
  const wrong = message(text);
  if (wrong !== undefined) {
    const at = /position (\d+)/.exec(wrong)?.[1];
    const line = text.slice(0, at === undefined ? text.length : Number(at)).split("\n").length;
    checked.problems.push({ line, message: wrong });
    return checked;
  }
  let line = 1;
  let seen = 0;
  for (const { from, to } of elements(text)) {
    for (; seen < from; seen += 1) if (text[seen] === "\n") line += 1;
    add(checked, text.slice(from, to), line, undefined);
  }
  return checked;
}

function add(checked: Checked, event: string, line: number, wrong: string | undefined) {
  // Characters have at most three bytes in UTF-8; only long events are counted exactly.
  const size = event.length > EVENT_BYTES_MAX / 3 ? utf8.encode(event).length : event.length;
  const problem = wrong ?? (size > EVENT_BYTES_MAX ? "the event is larger than 1 MiB" : undefined);
  if (problem === undefined) {
    checked.events.push(event);
    checked.bytes += size;
  } else if (checked.problems.length < PROBLEMS_MAX) {
    checked.problems.push({ line, message: problem });
  }
}

/** What is wrong with a JSON text, if anything is. */
function message(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 200) : String(error);
  }
}

/** Where the elements of an array begin and end; the text is known to be JSON. */
function* elements(text: string): Generator<{ from: number; to: number }> {
  let depth = 0;
  let from = -1;
  let end = -1;
  for (let at = text.indexOf("["); at < text.length; at += 1) {
    const char = text[at] as string;
    if (/\s/.test(char)) continue;
    if (depth === 1 && (char === "," || char === "]")) {
      if (from >= 0) yield { from, to: end };
      from = -1;
      if (char === "]") return;
      continue;
    }
    if (depth === 1 && from < 0) from = at;
    if (char === '"') at = closing(text, at);
    else if (char === "[" || char === "{") depth += 1;
    else if (char === "]" || char === "}") depth -= 1;
    end = at + 1;
  }
}

/** The quote that ends a string. */
function closing(text: string, start: number): number {
  for (let at = start + 1; ; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at;
  }
}

/** Batches that the server takes whole or not at all. */
export function* batches(events: readonly string[]): Generator<string[]> {
  let batch: string[] = [];
  let size = 0;
  for (const event of events) {
    const bytes = event.length * 3;
    if (batch.length > 0 && (batch.length >= BATCH_EVENTS || size + bytes > BATCH_BYTES * 3)) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(event);
    size += bytes;
  }
  if (batch.length > 0) yield batch;
}

interface Sending {
  /** Its batches carry keys that begin so: sent twice, they are stored once. */
  key: string;
  /** Batches that were stored before. */
  skip: number;
  signal: AbortSignal;
  onStored: (batches: number, events: number, sequence: number) => void;
  onWaiting: (isWaiting: boolean) => void;
}

export async function send(log: string, events: readonly string[], { key, skip, signal, onStored, onWaiting }: Sending) {
  let done = 0;
  let stored = 0;
  for (const batch of batches(events)) {
    signal.throwIfAborted();
    done += 1;
    stored += batch.length;
    if (done <= skip) continue;
    const options = { idempotencyKey: `${key}-${done}`, signal };
    const sequences = await persist(() => primatomic.log(log).appendBatch(batch, options), { signal, onWaiting });
    onStored(done, stored, sequences.at(-1) ?? 0);
  }
}
