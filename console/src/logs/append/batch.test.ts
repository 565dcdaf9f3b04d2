import { expect, test, vi } from "vitest";

vi.stubGlobal("window", { location: { origin: "http://127.0.0.1:8080" } });
const { batches, check, EVENT_BYTES_MAX } = await import("./batch");

test("a file of lines is counted and checked by line", async () => {
  const checked = await check('\ufeff{"a":1}\r\n\n[1,2]\n{bad\n"text"\n');
  expect(checked.form).toBe("lines");
  expect(checked.events).toEqual(['{"a":1}', "[1,2]", '"text"']);
  expect(checked.problems).toEqual([{ line: 4, message: expect.stringContaining("JSON") }]);
  expect(await check("")).toMatchObject({ events: [], problems: [] });
});

test("the elements of an array are taken as they stand", async () => {
  const checked = await check('[\n  {"a": [1, "]"], "b": "\\"},{"},\n  1.10,\n  "x"\n]\n');
  expect(checked.form).toBe("array");
  expect(checked.events).toEqual(['{"a": [1, "]"], "b": "\\"},{"}', "1.10", '"x"']);
  expect(checked.problems).toEqual([]);
  expect((await check("[]")).events).toEqual([]);
  expect((await check('[1,[2,3],{"a":{}}]')).events).toEqual(["1", "[2,3]", '{"a":{}}']);
});

test("lines that are arrays are events, and a broken array says where", async () => {
  expect((await check("[1]\n[2]")).events).toEqual(["[1]", "[2]"]);
  const broken = await check('[\n  {"a": 1},\n  {"b" 2}\n]');
  expect(broken.events).toEqual([]);
  expect(broken.problems[0]?.line).toBe(3);
});

test("an event that is too large is said before anything is sent", async () => {
  const checked = await check(`1\n"${"x".repeat(EVENT_BYTES_MAX)}"\n`);
  expect(checked.events).toEqual(["1"]);
  expect(checked.problems).toEqual([{ line: 2, message: "the event is larger than 1 MiB" }]);
});

test("batches are bounded in events and bytes, and hold everything in order", () => {
  const events = Array.from({ length: 12_001 }, (_, at) => String(at));
  const made = [...batches(events)];
  expect(made.map((batch) => batch.length)).toEqual([5000, 5000, 2001]);
  expect(made.flat()).toEqual(events);
  expect([...batches(["x".repeat(2 << 20), "y", "z".repeat(2 << 20)])]).toHaveLength(3);
  expect([...batches([])]).toEqual([]);
});
