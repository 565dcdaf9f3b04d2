/** What is asked of a view. All of it is text, and stands in the address. */

export interface Question {
  /** Names and values, as in the query part of an address. */
  parameters?: string;
  body?: string;
  after?: string;
  as_of?: string;
  version?: string;
}

const FIELDS = ["parameters", "body", "after", "as_of", "version"] as const;

/** What is longer goes into no address and no list. */
export const BODY_CHARACTERS_MAX = 8_000;

/** Parameters of these names are the platform's, and never reach a view. */
const RESERVED = new Set(["after", "sequence", "as_of", "version", "timeout_ms"]);

export type Pair = [name: string, value: string];

export const pairs = (parameters?: string): Pair[] => [...new URLSearchParams(parameters ?? "")];

/** Pairs without a name and a value are rows that nobody filled in. */
export const parametersOf = (rows: readonly Pair[]): string | undefined =>
  new URLSearchParams(rows.filter(([name, value]) => name || value)).toString() || undefined;

/** The fields of a question alone, and of those only what says something. */
export function question(from: Question): Question {
  return Object.fromEntries(FIELDS.flatMap((field) => (typeof from[field] === "string" && from[field] ? [[field, from[field]]] : [])));
}

export const same = (one?: Question, other?: Question) =>
  one !== undefined && other !== undefined && FIELDS.every((field) => (one[field] ?? "") === (other[field] ?? ""));

/** What is wrong with it, as far as can be told without asking. */
export function flaw(it: Question): string | undefined {
  for (const [name, value] of pairs(it.parameters)) {
    if (RESERVED.has(name)) return `“${name}” is a parameter of the platform and does not reach the view; choose another name.`;
    if (name === "" && value !== "") return "A value has no name.";
  }
  for (const field of ["after", "as_of"] as const) {
    if (it[field] && !isSequence(it[field])) return `“${it[field]}” is no sequence; it is a whole number.`;
  }
  return undefined;
}

const isSequence = (text: string) => /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text));

/** In one line, for lists. */
export function inWords(it: Question): string {
  const parameters = pairs(it.parameters).map(([name, value]) => `${name}=${value}`);
  const words = [
    ...parameters,
    it.body?.slice(0, 80),
    it.after && `after ${it.after}`,
    it.as_of && `as of ${it.as_of}`,
    it.version && `version ${it.version}`,
  ].filter(Boolean);
  return words.length > 0 ? words.join(" · ") : "without parameters";
}

/** The query part of the address that is called. */
export function queryText({ parameters, after, as_of, version }: Question): string {
  const all = new URLSearchParams(pairs(parameters));
  for (const [name, value] of Object.entries({ after, as_of, version })) if (value) all.append(name, value);
  return all.toString();
}
