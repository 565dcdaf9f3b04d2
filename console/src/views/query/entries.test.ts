import { expect, test } from "vitest";
import { added, type Entry, entriesOf } from "./entries";

const entry = (parameters: string): Entry => ({ log: "l", view: "v", question: { parameters } });

test("what was asked again moves to the front, and the list is bounded", () => {
  const first = added(added([], entry("a=1"), 2), entry("a=2"), 2);
  expect(added(first, entry("a=1"), 2).map((it) => it.question.parameters)).toEqual(["a=1", "a=2"]);
  expect(added(first, entry("a=3"), 2).map((it) => it.question.parameters)).toEqual(["a=3", "a=2"]);
});

test("a body of a megabyte is not kept", () => {
  expect(added([], { log: "l", view: "v", question: { body: "x".repeat(1_000_000) } }, 5)).toEqual([]);
});

test("what else may stand in the storage is passed over", () => {
  expect(entriesOf("nonsense")).toEqual([]);
  expect(entriesOf([null, 5, { log: 1 }, entry("a=1")])).toEqual([entry("a=1")]);
});
