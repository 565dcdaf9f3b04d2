import { expect, test, vi } from "vitest";
import { nextStep, STEPS, stepSnippets } from "./steps";

vi.stubGlobal("window", { location: { origin: "http://127.0.0.1:8080" } });

const names = { log: "first-log", view: "counter", event: '{"inc":10}', component: "http://127.0.0.1:8080/console/c.wasm" };

test("what comes next is the first that was not seen", () => {
  expect(nextStep({ log: false, append: false, deploy: false, query: false })).toBe("log");
  expect(nextStep({ log: true, append: false, deploy: true, query: false })).toBe("append");
  expect(nextStep({ log: true, append: true, deploy: true, query: true })).toBeUndefined();
});

test("every step has code in every language", () => {
  for (const step of STEPS) {
    const snippets = stepSnippets(step, names);
    expect(Object.keys(snippets).sort()).toEqual(["cli", "curl", "python", "ts"]);
  }
  expect(stepSnippets("append", names).curl).toBe(
    `curl -sS -X POST http://127.0.0.1:8080/logs/first-log/append -H "Authorization: Bearer $PRIMATOMIC_API_KEY" -H 'Content-Type: application/octet-stream' -d '{"inc":10}'`,
  );
  expect(stepSnippets("deploy", names).curl).toContain("--data-binary @counter.wasm");
  expect(stepSnippets("query", names).cli).toBe("primatomic query first-log counter --url http://127.0.0.1:8080");
});
