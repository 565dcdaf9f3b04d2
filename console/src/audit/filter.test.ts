import { expect, test } from "vitest";
import { fromEvent, fromField, isId, toEvent, toField } from "./filter";

test("times go to the fields and back", () => {
  expect(toField("2026-11-29T09:30:00Z", "utc")).toBe("2026-11-29T09:30");
  expect(fromField("2026-11-29T09:30", "utc")).toBe("2026-11-29T09:30:00Z");
  const local = toField("2026-11-29T09:30:00Z", "local");
  expect(fromField(local, "local")).toBe("2026-11-29T09:30:00Z");
  expect([toField("nonsense", "utc"), fromField("", "utc"), fromField("nonsense", "utc")]).toEqual(["", undefined, undefined]);
});

test("an address names one event", () => {
  const event = { sequence: 7, at: "2026-11-29T09:30:00.123456Z" };
  expect(fromEvent(toEvent(event))).toEqual({
    sequence: 7,
    since: "2026-11-29T09:30:00.123456Z",
    until: "2026-11-29T09:30:00.124Z",
  });
  expect([fromEvent(undefined), fromEvent("7"), fromEvent("7~x")]).toEqual([undefined, undefined, undefined]);
});

test("ids are told from other words", () => {
  expect([isId("018f0000-0000-7000-8000-000000000002"), isId("customer-0042")]).toEqual([true, false]);
});
