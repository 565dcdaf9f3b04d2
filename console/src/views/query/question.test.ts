import { expect, test } from "vitest";
import { flaw, inWords, pairs, parametersOf, queryText, question, same } from "./question";

test("parameters go into an address and come back, in their order and more than once", () => {
  const rows: [string, string][] = [
    ["month", "2026-11"],
    ["", ""],
    ["tag", "a&b"],
    ["tag", "ü=<"],
  ];
  const text = parametersOf(rows);
  expect(pairs(text)).toEqual([rows[0], rows[2], rows[3]]);
  expect(parametersOf([["", ""]])).toBeUndefined();
  expect(queryText({ parameters: "a=1&a=2", after: "3", as_of: "4", version: "5" })).toBe("a=1&a=2&after=3&as_of=4&version=5");
});

test("questions are the same when they ask the same", () => {
  expect(same({ after: "" }, {})).toBe(true);
  expect(same({ after: "1" }, {})).toBe(false);
  expect(same(undefined, {})).toBe(false);
  const search = { parameters: "a=1", after: "", tab: "query" };
  expect(question(search)).toEqual({ parameters: "a=1" });
});

test("what can't be asked is said before it is asked", () => {
  expect(flaw({ parameters: "as_of=1" })).toContain("as_of");
  expect(flaw({ parameters: "=1" })).toContain("no name");
  expect(flaw({ after: "-1" })).toContain("whole number");
  expect(flaw({ as_of: "99999999999999999" })).toContain("whole number");
  expect(flaw({ parameters: "month=1", after: "0" })).toBeUndefined();
});

test("a question is told in one line", () => {
  expect(inWords({})).toBe("without parameters");
  expect(inWords({ parameters: "month=2026-11", after: "4", version: "2" })).toBe("month=2026-11 · after 4 · version 2");
});
