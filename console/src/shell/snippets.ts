/**
 * Calls of the API as code that can be pasted. The key is never in it: it comes from the environment
 * variable that the command line reads, too.
 */

const KEY = "PRIMATOMIC_API_KEY";
const origin = () => window.location.origin;

/** A word of the shell. */
export const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

/** A string of TypeScript and of Python. */
export const literal = (text: string) => JSON.stringify(text);

export interface Call {
  method?: string;
  path: string;
  query?: Record<string, string | number | undefined>;
  headers?: Record<string, string>;
  body?: string;
}

/** The address with its query. */
export function address({ path, query = {} }: Call): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return `${origin()}${path}${text && `?${text}`}`;
}

export function curl(call: Call): string {
  const { method, headers = {}, body } = call;
  const words = ["curl -sS", method && `-X ${method}`, quoted(address(call)), `-H "Authorization: Bearer $${KEY}"`];
  for (const [name, value] of Object.entries(headers)) words.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (body !== undefined) words.push(`-d ${quoted(body)}`);
  return words.filter(Boolean).join(" ");
}

/** A program in TypeScript, with the client made. */
export const ts = (...lines: string[]) =>
  [
    `import { Primatomic } from "@primatomic/client";`,
    "",
    `const primatomic = new Primatomic({ url: ${literal(origin())}, token: process.env.${KEY} });`,
    ...lines,
  ].join("\n");

/** A program in Python, with the client made. */
export const python = (...lines: string[]) =>
  [
    "import os",
    "from primatomic import Primatomic",
    "",
    `primatomic = Primatomic(${literal(origin())}, os.environ[${literal(KEY)}])`,
    ...lines,
  ].join("\n");

/** A command; the words are quoted here. */
export const cli = (...words: string[]) => ["primatomic", ...words.map(quoted), "--url", origin()].join(" ");
