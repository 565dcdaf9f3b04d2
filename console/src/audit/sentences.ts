/**
 * What happened, in a sentence: one for every type of control event, made of words and of things that have an
 * id. A type that is not known here is told by its name and its details.
 */

import { count, money, plural } from "../format";
import { ROLE_NAMES } from "../session/roles";
import type { Schemas } from "../api/client";

export type AuditEvent = Schemas["AuditEvent"];
export type Kind = "user" | "api_key" | "log" | "view" | "version" | "invitation";

/** Something with an id, by its name where the event says it. */
export interface Thing {
  kind: Kind;
  id: string;
  name?: string;
}

/** Words, words of the tenant's own, a moment, or a thing. */
export type Part = string | { said: string } | { at: string } | Thing;

type Details = Record<string, unknown>;
type Sentence = (details: Details, event: AuditEvent) => Part[];

const isObject = (value: unknown): value is Details => typeof value === "object" && value !== null;
const object = (value: unknown): Details => (isObject(value) ? value : {});
const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const said = (value: unknown): Part => ({ said: typeof value === "string" ? value : JSON.stringify(value ?? null) });
const role = (value: unknown): string => {
  const name = text(value) ?? "";
  return Object.hasOwn(ROLE_NAMES, name) ? ROLE_NAMES[name as keyof typeof ROLE_NAMES] : name;
};
const thing = (kind: Kind, id: unknown, name?: unknown): Thing => ({ kind, id: text(id) ?? "", name: text(name) });
const moment = (before: string, value: unknown): Part[] => (typeof value === "string" ? [before, { at: value }] : []);

const QUOTAS: Record<string, string> = {
  logs: "logs",
  views: "views",
  keys: "keys",
  members: "members",
  storage_bytes: "bytes of events",
  queries: "queries at a time",
  streams: "streams at a time",
  view_memory_bytes: "bytes of memory of views",
};

function quotas(value: unknown): Part[] {
  const set = Object.entries(object(value)).filter(([, limit]) => typeof limit === "number");
  if (set.length === 0) return ["took the tenant's own quotas back"];
  return [`set the quotas: ${set.map(([name, limit]) => `${count(limit as number)} ${QUOTAS[name] ?? name}`).join(", ")}`];
}

function rate(value: unknown): Part[] {
  const { per_second, burst } = object(value);
  if (number(per_second) === undefined) return ["took the tenant's own rate limit back"];
  return [`set the rate limit to ${count(per_second as number)} requests per second, ${count(number(burst) ?? 0)} at once`];
}

function billing(value: unknown): Part[] {
  const { subscription, cap_cents, currency, dispute } = object(value);
  const status = text(object(subscription).status);
  const cap = number(cap_cents);
  const said = [
    status && `subscription ${status.replaceAll("_", " ")}`,
    cap !== undefined && `cap ${money(cap, text(currency) ?? "usd")}`,
    text(dispute) && "a payment is disputed",
  ].filter(Boolean);
  return [said.length > 0 ? `changed the billing: ${said.join(", ")}` : "changed the billing"];
}

function keyCreated({ key, name, role: of, logs, expires_at }: Details): Part[] {
  const limit = Array.isArray(logs) ? ` for ${plural(logs.length, "log")}` : "";
  return ["created the key ", thing("api_key", key, name), ` as ${role(of)}${limit}`, ...moment(", until ", expires_at)];
}

const halted = (value: unknown): Part[] => {
  const { sequence, message } = object(value);
  const where = number(sequence) === undefined ? "" : ` at event ${count(sequence as number)}`;
  return [`${where}: `, said(message)];
};

const version = ({ version: id, view, number: of, log }: Details): Part[] => [
  thing("version", id, number(of)?.toString()),
  " of the view ",
  thing("view", view),
  ...(log ? [" on the log ", thing("log", log)] : []),
];

export const SENTENCES: Record<string, Sentence> = {
  tenant_created: ({ short_name }) => ["created the tenant ", said(short_name)],
  tenant_rate_changed: (it) => rate(it.rate),
  tenant_quotas_changed: (it) => quotas(it.quotas),
  billing_account_changed: ({ account }) => billing(account),
  tenant_deletion_scheduled: ({ delete_at }) => ["closed the tenant", ...moment(", to be deleted on ", delete_at)],
  tenant_deletion_cancelled: () => ["restored the tenant"],
  tenant_deletion_started: () => ["began to delete the tenant"],
  tenant_deleted: () => ["deleted the tenant"],
  tenant_erasure_advanced: ({ step }) => ["went on erasing the tenant: ", said(step)],
  user_registered: ({ email }) => ["registered ", said(email)],
  email_verification_requested: ({ user }) => ["asked for the mail that verifies ", thing("user", user)],
  email_verified: ({ user }) => ["verified the address of ", thing("user", user)],
  user_deleted: ({ user }) => ["deleted ", thing("user", user)],
  member_added: ({ user, role: as }, { actor }) =>
    actor.id === user ? [`joined as ${role(as)}`] : ["added ", thing("user", user), ` as ${role(as)}`],
  member_role_changed: ({ user, role: to }) => ["changed the role of ", thing("user", user), ` to ${role(to)}`],
  member_removed: ({ user }) => ["removed ", thing("user", user), " from the team"],
  invitation_created: ({ email, role: as }) => ["invited ", said(email), ` as ${role(as)}`],
  invitation_revoked: ({ invitation }) => ["revoked the invitation of ", thing("invitation", invitation)],
  invitation_accepted: ({ user }, { actor }) =>
    actor.id === user ? ["accepted the invitation"] : ["let ", thing("user", user), " accept an invitation"],
  password_reset_requested: ({ user }) => ["asked for a new password of ", thing("user", user)],
  password_changed: ({ user }) => ["changed the password of ", thing("user", user)],
  second_factor_enabled: ({ user }) => ["switched the second factor on for ", thing("user", user)],
  second_factor_disabled: ({ user }) => ["switched the second factor off for ", thing("user", user)],
  recovery_codes_replaced: ({ user }) => ["replaced the recovery codes of ", thing("user", user)],
  key_created: keyCreated,
  key_rotated: ({ key, name, earlier_until }) => [
    "rotated the key ",
    thing("api_key", key, name),
    ...(earlier_until ? moment("; earlier secrets work until ", earlier_until) : ["; earlier secrets have ended"]),
  ],
  key_revoked: ({ key, name }) => ["revoked the key ", thing("api_key", key, name)],
  key_role_lowered: ({ key, role: to }) => ["lowered the key ", thing("api_key", key), ` to ${role(to)}`],
  log_created: ({ log, name }) => ["created the log ", thing("log", log, name)],
  log_updated: ({ log, retention }) => [
    "changed the log ",
    thing("log", log),
    `: ${retention === "archive" ? "events leave the hot log" : "events stay hot"}`,
  ],
  log_deleted: ({ log, name }) => ["deleted the log ", thing("log", log, name)],
  view_created: ({ view, name, log }) => ["created the view ", thing("view", view, name), " on the log ", thing("log", log)],
  version_uploaded: (it) => ["uploaded ", ...version(it)],
  version_activated: (it) => ["activated ", ...version(it)],
  version_failed: (it) => ["could not build ", ...version(it), ...halted({ message: object(it.halt).message })],
  version_halted: (it) => ["halted ", ...version(it), ...halted(it.halt)],
  version_retired: (it) => ["retired ", ...version(it)],
  version_removed: (it) => ["removed ", ...version(it), ", which was old"],
  view_deleted: ({ view, name, log }) => ["deleted the view ", thing("view", view, name), " of the log ", thing("log", log)],
};

/** What happens to people alone is in no tenant's audit log. */
const OF_PEOPLE = /^(user|email|password|second|recovery)_/;

/** The types that can be asked for. */
export const TYPES = Object.keys(SENTENCES).filter((type) => !OF_PEOPLE.test(type));

/** `log_created` as `Log created`. */
export const typeName = (type: string) => type.charAt(0).toUpperCase() + type.slice(1).replaceAll("_", " ");

/** What the actor did. */
export function sentence(event: AuditEvent): Part[] {
  const known = Object.hasOwn(SENTENCES, event.type) ? SENTENCES[event.type] : undefined;
  const details = object(event.details);
  return known ? known(details, event) : [`${typeName(event.type)}: `, said(JSON.stringify(details))];
}
