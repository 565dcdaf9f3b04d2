import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cell, csvLine } from "./csv";
import { namesIn, plainSentence } from "./names";
import { type AuditEvent, sentence, SENTENCES, typeName } from "./sentences";

const GOLDEN = new URL("../../../catalog/tests/it/suite/golden/control-events-v1.json", import.meta.url);
const golden = JSON.parse(readFileSync(GOLDEN, "utf8")) as Record<string, unknown>[];

const ADA = "018f0000-0000-7000-8000-000000000002";

function event(type: string, details: unknown, actor: AuditEvent["actor"] = { kind: "user", id: ADA }): AuditEvent {
  return { sequence: 7, at: "2026-11-29T09:00:00.000001Z", type, actor, request_id: ADA, details } as AuditEvent;
}

const names = new Map([[ADA, "ada@acme.example"]]);
const said = (it: AuditEvent) => plainSentence(it, sentence(it), names);

test("every type of event has a sentence", () => {
  const types = new Set(golden.map((it) => String(it.type)));
  expect([...types].filter((type) => !Object.hasOwn(SENTENCES, type))).toEqual([]);
  expect(Object.keys(SENTENCES).filter((type) => !types.has(type))).toEqual([]);
  for (const { type, ...details } of golden) {
    const text = said(event(String(type), details));
    expect(text).toMatch(/^ada@acme\.example [a-z]/);
    expect(text).not.toMatch(/undefined|null|\[object|NaN/);
  }
});

test("sentences say who did what to whom", () => {
  expect(said(event("log_created", { log: "x", name: "customer-0042" }))).toBe("ada@acme.example created the log customer-0042");
  expect(said(event("key_created", { key: "x", name: "ci", role: "read-only", logs: ["a"], expires_at: null }))).toBe(
    "ada@acme.example created the key ci as Read-only for 1 log",
  );
  expect(said(event("member_added", { user: ADA, role: "member" }))).toBe("ada@acme.example joined as Member");
  expect(said(event("tenant_deleted", {}, { kind: "system" }))).toBe("Primatomic deleted the tenant");
  const halt = { sequence: 48_211, message: "model is missing" };
  expect(said(event("version_halted", { version: "v", view: "w", halt }))).toBe(
    "ada@acme.example halted version v of the view w at event 48,211: model is missing",
  );
});

test("an unknown type is told by its name and details, and damaged details do no harm", () => {
  expect(said(event("moon_landed", { crew: 3 }))).toBe('ada@acme.example Moon landed: {"crew":3}');
  expect(said(event("__proto__", {}))).toContain("{}");
  expect(typeName("log_created")).toBe("Log created");
  for (const type of Object.keys(SENTENCES)) {
    for (const details of [null, [], "x", { role: 3, logs: 4, halt: 5, account: null, quotas: [] }]) said(event(type, details));
  }
});

test("events name what other events have by id alone", () => {
  const found = namesIn([
    event("invitation_accepted", { invitation: "i", user: "u" }),
    event("invitation_created", { invitation: "i", email: "bob@acme.example", role: "member" }),
    event("version_uploaded", { version: "v", view: "w", number: 3 }),
  ]);
  expect([...found]).toEqual([
    ["i", "bob@acme.example"],
    ["v", "3"],
    ["u", "bob@acme.example"],
  ]);
});

test("no cell of the CSV is a formula, or more than a cell", () => {
  expect(["=1+1", "+1", "-1", "@a", "\tx", "a=b", 'say "hi"', "a,b", "a\r\nb", null, 7].map(cell)).toEqual([
    "'=1+1",
    "'+1",
    "'-1",
    "'@a",
    "'\tx",
    "a=b",
    '"say ""hi"""',
    '"a,b"',
    '"a\r\nb"',
    "",
    "7",
  ]);
  const line = csvLine(event("key_revoked", { key: "k", name: '=HYPERLINK("x")\n' }), names);
  expect(line.split('"{')[0]).toContain("ada@acme.example revoked the key =HYPERLINK");
  expect(csvLine(event("x", {}, { kind: "user", id: "u" }), new Map([["u", "=cmd@x.example"]]))).toContain(",'=cmd@x.example,'=cmd@x.example ");
});
