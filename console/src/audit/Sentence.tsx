/** A sentence with its names. What an event does not say, an earlier one does: it is looked up when the row is seen. */

import { Fragment } from "react";
import { Text } from "../design/Text";
import { absolute, shortHash } from "../format";
import { useZone } from "../preferences";
import { actorName } from "../session/actor";
import { nameOf, type Names, namesIn } from "./names";
import { usePage } from "./page";
import { type AuditEvent, sentence, type Thing } from "./sentences";

export function Sentence({ event, names }: { event: AuditEvent; names: Names }) {
  const [zone] = useZone();
  const { id } = event.actor;
  const actor: Thing | undefined = event.actor.kind === "api_key" && id ? { kind: "api_key", id } : undefined;
  return (
    <>
      <b>{actor && !names.has(actor.id) ? <Named thing={actor} names={names} before="the key " /> : <Text>{actorName(event.actor, names)}</Text>}</b>{" "}
      {sentence(event).map((part, at) => (
        <Fragment key={at}>
          {typeof part === "string" ? (
            part
          ) : "said" in part ? (
            <b>
              <Text>{part.said}</Text>
            </b>
          ) : "at" in part ? (
            absolute(new Date(part.at), zone)
          ) : (
            <b>
              <Named thing={part} names={names} />
            </b>
          )}
        </Fragment>
      ))}
    </>
  );
}

/** The event that says the name of a thing. */
const ORIGIN: Partial<Record<Thing["kind"], string>> = {
  api_key: "key_created",
  log: "log_created",
  view: "view_created",
  version: "version_uploaded",
};

function Named({ thing, names, before = "" }: { thing: Thing; names: Names; before?: string }) {
  const type = ORIGIN[thing.kind];
  const isUnknown = thing.name === undefined && !names.has(thing.id) && type !== undefined && thing.id !== "";
  const origin = usePage({ type, about: thing.id, limit: 1 }, isUnknown);
  const found = origin.data ? namesIn(origin.data.events) : names;
  const name = nameOf(thing, isUnknown ? found : names);
  return (
    <Text>{`${before}${isUnknown && !found.has(thing.id) ? name.replace(thing.id, shortHash(thing.id)) : name}`}</Text>
  );
}
