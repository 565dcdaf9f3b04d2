import { expect, test } from "vitest";
import { browserName } from "./browserName";

test("browsers are told by what they say", () => {
  const chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36";
  expect(browserName(chrome)).toBe("Chrome on Linux");
  expect(browserName("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Gecko/20100101 Firefox/145.0")).toBe("Firefox on macOS");
  expect(browserName("primatomic/0.1.0")).toBe("Command line");
  expect([browserName(null), browserName("curl/8.5.0")]).toEqual(["Unknown", "curl/8.5.0"]);
});
