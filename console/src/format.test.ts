import { expect, test } from "vitest";
import { absolute, bytes, count, duration, money, plural, relative } from "./format";

test("figures have units and three digits", () => {
  expect(count(412883)).toBe("412,883");
  expect([0, 999, 1000, 88_100_000, 7.42e9].map(bytes)).toEqual(["0 B", "999 B", "1 kB", "88.1 MB", "7.42 GB"]);
  expect([2.7e-7, 0.0031, 1, 89, 5400, 172_800].map(duration)).toEqual([
    "0.27 µs",
    "3.1 ms",
    "1 s",
    "89 s",
    "2 h",
    "2 days",
  ]);
  expect([plural(1, "log"), plural(2, "log")]).toEqual(["1 log", "2 logs"]);
  expect(money(120, "usd")).toBe("$1.20");
});

test("a time is told from now, and exactly", () => {
  const now = new Date("2026-11-28T18:04:11.204Z");
  const at = (seconds: number) => relative(new Date(now.getTime() + seconds * 1000), now);
  expect([-1, -42, -300, 259_200].map(at)).toEqual(["now", "42 s ago", "5 min ago", "in 3 days"]);
  expect(absolute(now, "utc")).toBe("28 Nov 2026, 18:04:11 UTC");
});
