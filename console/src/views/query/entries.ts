/** Lists of questions: bounded, and read with care from where anybody may have written. */

import { BODY_CHARACTERS_MAX, type Question, question, same } from "./question";

export interface Entry {
  log: string;
  view: string;
  question: Question;
  /** Of a saved one. */
  name?: string;
}

export const ASKED_MAX = 60;
export const SAVED_MAX = 100;

export const isSame = (one: Entry, other: Entry) =>
  one.log === other.log && one.view === other.view && one.name === other.name && same(one.question, other.question);

/** With a new entry first; what is too long to keep is left out. */
export function added(entries: readonly Entry[], entry: Entry, max: number): Entry[] {
  if ((entry.question.body?.length ?? 0) > BODY_CHARACTERS_MAX) return [...entries];
  return [entry, ...entries.filter((it) => !isSame(it, entry))].slice(0, max);
}

/** What is kept may have been written by another version of the console, or by hand. */
export function entriesOf(kept: unknown): Entry[] {
  if (!Array.isArray(kept)) return [];
  const isEntry = (it: unknown): it is Entry => {
    const { log, view, question } = (it ?? {}) as Partial<Record<keyof Entry, unknown>>;
    return typeof log === "string" && typeof view === "string" && typeof question === "object" && question !== null;
  };
  return kept.filter(isEntry).map((it) => ({ ...it, question: question(it.question) }));
}
