import { expect, test } from "vitest";
import { freeUntil, meter, monthAfter, monthTitle, periods, type Usage } from "./meters";

test("months follow each other over the year's end", () => {
  expect([monthAfter("2026-11", 2), monthAfter("2026-01", -1)]).toEqual(["2027-01", "2025-12"]);
  expect(monthTitle("2026-11")).toBe("November 2026");
});

test("a free part ends when it is used up at the same pace, or not in this month", () => {
  const since = new Date("2026-11-01T00:00:00Z");
  const until = new Date("2026-11-11T00:00:00Z");
  expect(freeUntil(8, 16, since, until)?.toISOString()).toBe("2026-11-21T00:00:00.000Z");
  expect(freeUntil(1, 16, since, until)).toBeUndefined();
  expect(freeUntil(0, 16, since, until)).toBeUndefined();
});

test("days without use are days of the series", () => {
  const period = { at: "2026-11-02T00:00:00Z", storage_gb_seconds: 0, compute_seconds: 1, data_out_gb: 0, compile_seconds: 0 };
  const usage = { since: "2026-11-01T00:00:00Z", until: "2026-11-03T05:00:00Z", step: "day", series: [period] } as unknown as Usage;
  const { times, at } = periods(usage);
  expect(times).toHaveLength(3);
  expect(times.map((time) => at.get(time)?.compute_seconds ?? 0)).toEqual([0, 1, 0]);
});

test("figures keep their unit at any size", () => {
  expect([0, 1e-7, 0.0421, 7.42].map(meter("data_out").format)).toEqual(["0 GB", "0.1 kB", "42.1 MB", "7.42 GB"]);
  expect(meter("storage").format(0.5)).toBe("500 MB·h");
});
