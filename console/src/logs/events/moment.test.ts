import { expect, test } from "vitest";
import { place } from "./moment";

const now = new Date("2026-11-28T18:04:11.204Z");
const at = (typed: string) => place(typed, "utc", now);

test("a sequence or a time leads to a place in a log", () => {
  expect(at("412,640")).toEqual({ from: "412640" });
  expect(at(" 0 ")).toEqual({ from: "1" });
  expect(at("2026-11-28 09:30")).toEqual({ at: "2026-11-28T09:30:00.000Z" });
  expect(at("2026-11-28T09:30:00+02:00")).toEqual({ at: "2026-11-28T07:30:00.000Z" });
  expect(at("2026-11-28")).toEqual({ at: "2026-11-28T00:00:00.000Z" });
  expect(at("9:30")).toEqual({ at: "2026-11-28T09:30:00.000Z" });
  expect(at("yesterday or so")).toBeUndefined();
  expect(at("99999999999999999999")).toBeUndefined();
});
