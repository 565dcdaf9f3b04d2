import { expect, test } from "vitest";
import { Ring } from "./ring";

test("a ring keeps the newest, and never more than fit", () => {
  const ring = new Ring<number>(3);
  expect(ring.newest(0)).toBeUndefined();
  for (const item of [1, 2]) ring.push(item);
  expect([ring.newest(0), ring.newest(1), ring.newest(2)]).toEqual([2, 1, undefined]);
  for (let item = 3; item <= 100; item += 1) ring.push(item);
  expect(ring.length).toBe(3);
  expect([ring.newest(0), ring.newest(1), ring.newest(2), ring.newest(3), ring.newest(-1)]).toEqual([100, 99, 98, undefined, undefined]);
  ring.clear();
  expect(ring.newest(0)).toBeUndefined();
  ring.push(7);
  expect(ring.newest(0)).toBe(7);
});
