import { expect, test } from "vitest";
import { content, formOf } from "./bytes";
import { hexRows } from "./hex";
import { entries, Exact, parseJson, pretty } from "./json";
import { quoted, visible, visibleLine } from "./visible";

const utf8 = (text: string) => new TextEncoder().encode(text);

test("what is unseen is made visible", () => {
  expect(visible("a\u001b[31m\tb\r\nc\u0000")).toBe("a␛[31m\tb␍\nc␀");
  expect(visible("evil\u202egnp.exe\u200b")).toBe("evil[U+202E]gnp.exe[U+200B]");
  expect(visibleLine("a\nb")).toBe("a␤b");
  expect(quoted('"\u202e\u0007')).toBe('"\\"\\u202e\\u0007"');
});

test("keys of prototypes are keys, and touch no prototype", () => {
  const parsed = parseJson('{"__proto__":{"admin":true},"constructor":1}');
  const value = parsed?.value as object;
  expect(entries(value)).toEqual([
    ["__proto__", { admin: true }],
    ["constructor", 1],
  ]);
  expect(({} as Record<string, unknown>).admin).toBeUndefined();
  expect((value as Record<string, unknown>).admin).toBeUndefined();
  expect(pretty(value)).toBe('{\n  "__proto__": {\n    "admin": true\n  },\n  "constructor": 1\n}');
});

test("what is no JSON is not taken for some", () => {
  expect(parseJson("<b>hi</b>")).toBeUndefined();
  expect(parseJson("{")).toBeUndefined();
  expect(parseJson("null")).toEqual({ value: null });
  expect(pretty(new Exact("9007199254740993"))).toBe("9007199254740993");
  expect(pretty([])).toBe("[]");
});

test("bytes are shown in the form that says most, or the one that was asked for", () => {
  expect(formOf(content(utf8('{"a":1}')))).toBe("json");
  expect(formOf(content(utf8("<script>")))).toBe("text");
  expect(formOf(content(utf8("<script>")), "json")).toBe("text");
  expect(formOf(content(new Uint8Array([0xff, 0xfe])))).toBe("hex");
  expect(formOf(content(utf8("1")), "hex")).toBe("hex");
});

test("rows of bytes have their place, their numbers and their characters", () => {
  expect(hexRows(utf8("hello, world\n"), 0, 99, 8)).toBe(
    "00000000  68 65 6c 6c 6f 2c 20 77  hello, w\n00000008  6f 72 6c 64 0a           orld·",
  );
  expect(hexRows(new Uint8Array(16), 0, 8, 16).split("\n")).toHaveLength(1);
});
