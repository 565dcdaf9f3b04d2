import { expect, test } from "vitest";
import { expiresAt, nearness } from "./expiry";

const now = new Date("2026-11-29T12:00:00Z");

test("a key is marked before it ends, and after", () => {
  const at = (text: string | null) => nearness(text, now);
  expect([at(null), at("2026-11-29T12:00:00Z"), at("2026-12-06T12:00:00Z"), at("2026-12-06T12:00:01Z")]).toEqual([
    "never",
    "expired",
    "soon",
    "later",
  ]);
});

test("a date means the whole day", () => {
  expect(expiresAt("date", "2026-12-31", now)).toBe("2027-01-01T00:00:00.000Z");
  expect(expiresAt("date", null, now)).toBeNull();
  expect(expiresAt("7", null, now)).toBe("2026-12-06T12:00:00.000Z");
  expect(expiresAt("never", "2026-12-31", now)).toBeNull();
});
