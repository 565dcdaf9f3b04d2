import { expect, test } from "vitest";
import { Chain, microseconds } from "./chain";

// The golden log of docs/formats.md.
const LOG = "01920000-0000-7000-8000-000000000001";
const AT = "2023-11-14T22:13:20Z";

test("the chain is the one of docs/formats.md", () => {
  const chain = new Chain(LOG);
  expect(chain.hex()).toBe("f5d6a0e0ef998cb92dbc7dab0c47fc0466626e4bc4c210f4379a2c43dbfa1c78");
  chain.add(1, AT, new TextEncoder().encode('{"inc":10}'));
  expect(chain.hex()).toBe("cef072e4a4fd27a698d83cf92103a469bc69fb29aa9e24ee823f8f82cef21cd8");
  chain.add(2, AT, new Uint8Array());
  expect(chain.hex()).toBe("c0811bbbb3014d76bfe5b93a8f71cc0d42efdb97a2d8541ee2dbaaa9cc2e55df");
  chain.add(3, AT, new Uint8Array([0x00, 0xff]));
  expect(chain.hex()).toBe("43d3c14a3d87b04f9eb5d27a0a4c16372a6b79989578ff166f1cffe3d042585c");
});

test("a changed event changes the chain", () => {
  const [one, other] = [new Chain(LOG), new Chain(LOG)];
  one.add(1, AT, new Uint8Array(5000));
  other.add(1, AT, new Uint8Array(5000).fill(1, 4999));
  expect(one.hex()).not.toBe(other.hex());
});

test("times keep their microseconds", () => {
  expect(microseconds(AT)).toBe(1_700_000_000_000_000n);
  expect(microseconds("2023-11-14T22:13:20.000001Z")).toBe(1_700_000_000_000_001n);
  expect(microseconds("2023-11-14T22:13:20.5Z")).toBe(1_700_000_000_500_000n);
});
