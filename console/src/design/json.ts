/** JSON that keeps what it said: numbers that a double can't hold stay as they were written. */

/** A number by its text. */
export class Exact {
  constructor(readonly text: string) {}
}

// `context` is younger than TypeScript's types; a browser without it shows such numbers rounded.
type Reviver = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown;

const exact: Reviver = (_, value, context) =>
  typeof value === "number" && context?.source !== undefined && context.source !== String(value)
    ? new Exact(context.source)
    : value;

/** The value, or undefined if the text is no JSON (or is nested deeper than anybody reads). */
export function parseJson(text: string): { value: unknown } | undefined {
  if (!/^\s*["{[\-\dtfn]/.test(text)) return undefined;
  try {
    return { value: JSON.parse(text, exact) };
  } catch {
    return undefined;
  }
}

/** What a value holds, in its order; keys such as `__proto__` are keys like others. */
export function entries(value: object): [string, unknown][] {
  return Array.isArray(value)
    ? value.map((item, at): [string, unknown] => [String(at), item])
    : Object.keys(value).map((key) => [key, (value as Record<string, unknown>)[key]]);
}

export const isNested = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !(value instanceof Exact);

/** Indented, for reading and comparing. */
export function pretty(value: unknown, indent = ""): string {
  if (value instanceof Exact) return value.text;
  if (!isNested(value)) return JSON.stringify(value) ?? "null";
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const lines = entries(value).map(([key, item]) => `${inner}${isList ? "" : `${JSON.stringify(key)}: `}${pretty(item, inner)}`);
  if (lines.length === 0) return isList ? "[]" : "{}";
  return `${isList ? "[" : "{"}\n${lines.join(",\n")}\n${indent}${isList ? "]" : "}"}`;
}
