import { expect, test, vi } from "vitest";
import { cli, curl, quoted } from "./snippets";

vi.stubGlobal("window", { location: { origin: "http://127.0.0.1:8080" } });

test("what is pasted into a shell stays the words that it was", () => {
  expect(quoted("customer-0042")).toBe("customer-0042");
  expect(quoted("it's; rm -rf $HOME")).toBe(`'it'\\''s; rm -rf $HOME'`);
  expect(curl({ method: "POST", path: "/logs/a/append", body: '{"a":1}' })).toBe(
    `curl -sS -X POST http://127.0.0.1:8080/logs/a/append -H "Authorization: Bearer $PRIMATOMIC_API_KEY" -d '{"a":1}'`,
  );
  expect(curl({ path: "/logs", query: { prefix: "a b" } })).toContain("'http://127.0.0.1:8080/logs?prefix=a+b'");
  expect(cli("append", "x", "--data", "{}")).toBe("primatomic append x --data '{}' --url http://127.0.0.1:8080");
});
