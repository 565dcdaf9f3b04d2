/** Names of things that events have by their id alone: said by other events, and by the lists of people and keys. */

import { actorName } from "../session/actor";
import type { AuditEvent, Part, Thing } from "./sentences";

export type Names = ReadonlyMap<string, string>;

/** Where an event says the name of something, by its type. */
const NAMED: Record<string, [id: string, name: string]> = {
  key_created: ["key", "name"],
  key_rotated: ["key", "name"],
  key_revoked: ["key", "name"],
  log_created: ["log", "name"],
  log_deleted: ["log", "name"],
  view_created: ["view", "name"],
  view_deleted: ["view", "name"],
  version_uploaded: ["version", "number"],
  invitation_created: ["invitation", "email"],
};

/** The names that these events say. Who accepted an invitation has the address that was invited. */
export function namesIn(events: readonly AuditEvent[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { type, details } of events) {
    const fields = Object.hasOwn(NAMED, type) ? NAMED[type] : undefined;
    if (fields && typeof details === "object" && details !== null) {
      const it = details as Record<string, unknown>;
      const [id, name] = [it[fields[0]], it[fields[1]]];
      if (typeof id === "string" && (typeof name === "string" || typeof name === "number")) names.set(id, String(name));
    }
  }
  for (const { type, details } of events) {
    if (type !== "invitation_accepted" || typeof details !== "object" || details === null) continue;
    const { invitation, user } = details as Record<string, unknown>;
    const email = names.get(String(invitation));
    if (email && typeof user === "string") names.set(user, email);
  }
  return names;
}

/** Things whose name nobody knows any more. */
const UNNAMED: Partial<Record<Thing["kind"], string>> = { user: "somebody who left", invitation: "somebody" };

/** The name of a thing, or its id. */
export function nameOf(thing: Thing, names: Names): string {
  const name = thing.name ?? names.get(thing.id) ?? UNNAMED[thing.kind] ?? thing.id;
  return thing.kind === "version" ? `version ${name}` : name;
}

/** A whole sentence as plain text, as it is exported. */
export function plainSentence(event: AuditEvent, parts: readonly Part[], names: Names): string {
  const words = parts.map((part) => {
    if (typeof part === "string") return part;
    if ("said" in part) return part.said;
    return "at" in part ? part.at : nameOf(part, names);
  });
  return `${actorName(event.actor, names)} ${words.join("")}`;
}
