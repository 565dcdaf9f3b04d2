import assert from "node:assert/strict";
import { test } from "node:test";

import { type LogEvent, Primatomic, PrimatomicError, unwrap } from "@primatomic/client";

import { client, counter, freshName, limited } from "./server.js";

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test("events come back with their bytes", async () => {
  const log = await client().createLog(freshName());
  const raw = new Uint8Array([0, 255, 10, 13]);
  assert.equal(await log.append({ inc: 1 }), 1);
  assert.deepEqual(await log.appendBatch(["text", raw, ""]), [2, 3, 4]);
  const events = await collect(log.events());
  assert.deepEqual(events.map((event) => event.sequence), [1, 2, 3, 4]);
  assert.deepEqual(events[0]?.json(), { inc: 1 });
  assert.equal(events[1]?.text(), "text");
  assert.deepEqual(events[2]?.bytes, raw);
  assert.equal(events[3]?.bytes.length, 0);
  const newest = await collect(log.events({ direction: "backward", limit: 2 }));
  assert.deepEqual(newest.map((event) => event.sequence), [4, 3]);
});

test("events are searched from a time on", async () => {
  const log = await client().createLog(freshName());
  await log.appendBatch(Array.from({ length: 3000 }, (_, number) => ({ number })));
  const range = { at: "2020-01-01T00:00:00Z", text: "99", filter: "@.number >= 2000" };
  const found = await collect(log.events(range));
  assert(found.length > 0 && found.every((event) => event.text().includes("99")));
  assert.equal(found[0]?.sequence, 2100);
  assert.equal(found.at(-1)?.sequence, 3000);
});

test("many events go in batches and come back page by page", async () => {
  const log = await client().createLog(freshName());
  const events = Array.from({ length: 2500 }, (_, number) => ({ number }));
  assert.deepEqual(await collect(log.appendAll(events, { events: 1000 })), [1000, 2000, 2500]);
  const bySize = await collect(log.appendAll(["1234", "5678", "9"], { bytes: 9 }));
  assert.deepEqual(bySize, [2501, 2503]);
  assert.equal((await collect(log.events())).length, 2503);
});

test("an error has its status, code and request id", async () => {
  const missing = client().log("no-such-log");
  await assert.rejects(missing.append("x"), (error) => {
    assert(error instanceof PrimatomicError);
    assert.deepEqual([error.status, error.code], [404, "log_not_found"]);
    assert.match(error.requestId ?? "", /^[0-9a-f-]{36}$/);
    return true;
  });
  const log = await client().createLog(freshName());
  await assert.rejects(log.append("x", { expectedSequence: 3 }), (error) => {
    assert(error instanceof PrimatomicError);
    assert.deepEqual([error.code, error.body.head], ["sequence_mismatch", 0]);
    return true;
  });
  const stranger = client({ token: "nobody" }).api.GET("/logs");
  await assert.rejects(unwrap(stranger), { status: 401, code: "unauthenticated" });
});

test("an append whose answer was lost is sent again and stored once", async () => {
  let lost = 0;
  const losing = async (request: Request) => {
    const answer = await fetch(request);
    if (request.url.endsWith("/append") && lost++ === 0) throw new TypeError("fetch failed");
    return answer;
  };
  const log = await client({ fetch: losing }).createLog(freshName());
  assert.equal(await log.append("once"), 1);
  assert.equal(lost, 2);
  assert.equal((await log.get()).head_sequence, 1);
});

test("what was refused for its rate is sent again", async () => {
  const log = limited().log("demo");
  const before = (await log.get()).head_sequence;
  const appends = Array.from({ length: 60 }, (_, number) => log.append({ number }));
  const sequences = (await Promise.all(appends)).sort((a, b) => a - b);
  assert.deepEqual(sequences, Array.from({ length: 60 }, (_, number) => before + 1 + number));
  const impatient = limited({ retries: 0 });
  const calls = Array.from({ length: 20 }, () => unwrap(impatient.api.GET("/logs")));
  const refused = (await Promise.allSettled(calls)).flatMap((it) =>
    it.status === "rejected" ? [it.reason as PrimatomicError] : [],
  );
  assert(refused.length > 0);
  assert.deepEqual([refused[0]?.status, refused[0]?.code], [429, "rate_limited"]);
});

test("a tail goes on where its connection broke", async () => {
  let connections = 0;
  const breaking = async (request: Request) => {
    const answer = await fetch(request);
    if (request.headers.get("Accept") !== "text/event-stream" || ++connections > 2) return answer;
    // Cut the stream off after its third message.
    let messages = 0;
    const cut = new TransformStream<Uint8Array, Uint8Array>({
      // Other kinds of messages carry no event.
      start(controller) {
        const other = 'event: scanned\ndata: {"sequence":9}\n\n';
        controller.enqueue(new TextEncoder().encode(other));
      },
      transform(chunk, controller) {
        messages += new TextDecoder().decode(chunk).split("data:").length - 1;
        controller.enqueue(chunk);
        if (messages >= 3) controller.error(new TypeError("terminated"));
      },
    });
    return new Response(answer.body?.pipeThrough(cut), answer);
  };
  const log = await client({ fetch: breaking }).createLog(freshName());
  await log.appendBatch(["1", "2", "3", "4", "5"]);
  const seen: LogEvent[] = [];
  for await (const event of log.tail({ from: 1 })) {
    seen.push(event);
    if (event.sequence === 5) await log.append("6");
    if (event.sequence === 6) break;
  }
  assert.deepEqual(seen.map((event) => event.text()), ["1", "2", "3", "4", "5", "6"]);
  assert(connections > 1, `${connections} connections`);
});

test("a tail from the end has what comes later, and stops when it is told to", async () => {
  const log = await client().createLog(freshName());
  await log.append("before");
  const stop = new AbortController();
  const tail = log.tail({ signal: stop.signal });
  const first = tail.next();
  await new Promise((resolve) => setTimeout(resolve, 300));
  await log.append("after");
  assert.equal(((await first).value as LogEvent).text(), "after");
  const next = tail.next();
  stop.abort();
  await assert.rejects(next, { name: "AbortError" });
});

test("a query reflects what was appended before", async () => {
  const log = await client().createLog(freshName());
  const view = log.view("counter");
  assert.equal(await view.deploy(counter(), { contentType: "application/json" }), 1);
  for (let round = 1; round <= 5; round++) {
    const sequence = await log.append({ inc: 10 });
    const answer = await view.query({ after: sequence });
    assert.deepEqual(answer.json(), { value: round * 10 });
    assert(answer.sequence >= sequence);
    assert.equal(answer.contentType, "application/json");
  }
  await assert.rejects(view.query({ after: 99, timeoutMs: 50 }), {
    status: 504,
    code: "view_behind",
  });
  await assert.rejects(view.deploy(new Uint8Array([1, 2, 3])), { code: "invalid_component" });
});

test("a token may be fetched when it is needed", async () => {
  const key = client();
  const { access_token } = await unwrap(
    key.api.POST("/auth/token", { body: { api_key: process.env["PRIMATOMIC_API_KEY"] ?? "" } }),
  );
  let asked = 0;
  const caller: Primatomic = client({
    token: async () => {
      asked += 1;
      return access_token;
    },
  });
  const tenant = await unwrap(caller.api.GET("/tenants/me"));
  assert.equal(tenant.short_name, "dev");
  assert.equal(asked, 1);
});
