import { expect, test } from "vitest";
import { PREVIEW, toRow } from "./row";
import { tokens } from "./tokens";

const event = (data: string, encoding: "utf8" | "base64" = "utf8") =>
  toRow({ sequence: 1, timestamp: "2026-11-28T18:04:11.204Z", data, encoding });
const line = (data: string) =>
  tokens(event(data))
    .map(({ text }) => text)
    .join(" ");
const kinds = (data: string) => tokens(event(data)).map(({ kind }) => kind);

test("an event of JSON is its keys and values in one line", () => {
  expect(line('{"type":"api.call", "tokens_in": 150, "ok":true}')).toBe("type api.call tokens_in 150 ok true");
  expect(kinds('{"type":"api.call","tokens_in":150}')).toEqual(["key", "string", "key", "value"]);
  expect(line('{"user":{"id":3,"tags":["a","b c"]}}')).toBe('user { id 3 tags [ a "b c" ] }');
  expect(line("[1,[2]]")).toBe("[ 1 [ 2 ] ]");
  expect(line('{"n":12345678901234567890.10}')).toBe("n 12345678901234567890.10");
  expect(line("{}")).toBe("{}");
});

test("what is no JSON stays as it is", () => {
  expect(line("<b>hello</b>")).toBe("<b>hello</b>");
  expect(line("{not json, at all}")).toBe("{not json, at all}");
  expect(line("")).toBe("no bytes");
  expect(tokens(event("//4A", "base64"))).toEqual([{ kind: "mark", text: "ff fe 00" }]);
});

test("what would not be seen is made visible", () => {
  expect(line("\u001b[31mred")).not.toContain("\u001b");
  expect(line('{"a":"\u202egnp.exe"}')).toContain("U+202E");
  expect(line('{"__proto__":{"a":1}}')).toBe("__proto__ { a 1 }");
});

test("of a long event only the beginning is kept", () => {
  const row = event(`{"big":"${"x".repeat(1_000_000)}"}`);
  expect(row.preview).toHaveLength(PREVIEW);
  expect(row.isCut).toBe(true);
  expect(tokens(row).at(-1)).toEqual({ kind: "mark", text: "…" });
  expect(kinds(`{"big":"${"x".repeat(1_000_000)}"}`)).toEqual(["key", "string", "mark"]);
  const bytes = event(btoa("\u00ff".repeat(1000)), "base64");
  expect(bytes.preview.length).toBeLessThan(300);
});
