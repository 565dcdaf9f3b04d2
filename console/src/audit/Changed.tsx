/** One change, with all that is known of it. */

import { useNavigate } from "@tanstack/react-router";
import { Copy } from "../design/Copy";
import { Facts } from "../design/Facts";
import { Id } from "../design/Id";
import { LinkButton } from "../design/LinkButton";
import { Empty, ErrorNotice, Skeleton } from "../design/Placeholder";
import { visible } from "../design/Text";
import { Drawer } from "../design/fields";
import { absolute } from "../format";
import { useZone } from "../preferences";
import css from "./Audit.module.css";
import { type Filter, fromEvent } from "./filter";
import { usePage } from "./page";
import { Sentence } from "./Sentence";
import { type AuditEvent, sentence, type Thing, typeName } from "./sentences";
import { useAuditNames } from "./useAudit";

const INSTANT_MAX = 1000;

interface Props {
  /** From the address. */
  event: string | undefined;
  filter: Filter;
}

export function Changed({ event, filter }: Props) {
  const navigate = useNavigate();
  const wanted = fromEvent(event);
  const instant = { since: wanted?.since, until: wanted?.until, limit: INSTANT_MAX };
  const found = usePage(instant, wanted !== undefined);
  const change = found.data?.events.find(({ sequence }) => sequence === wanted?.sequence);
  let content = <Skeleton rows={6} />;
  if (found.isError) content = <ErrorNotice error={found.error} />;
  else if (change) content = <Change change={change} />;
  else if (found.isSuccess) content = <Empty title="There is no such change" />;
  return (
    <Drawer
      opened={wanted !== undefined}
      onClose={() => void navigate({ to: "/audit", search: { ...filter }, resetScroll: false })}
      position="right"
      size="lg"
      title={change ? typeName(change.type) : "A change"}
    >
      {content}
    </Drawer>
  );
}

function Change({ change }: { change: AuditEvent }) {
  const [zone] = useZone();
  const names = useAuditNames([change]);
  const { id } = change.actor;
  const details = JSON.stringify(change.details, null, 2) ?? "null";
  const subject = sentence(change).find((part): part is Thing => typeof part === "object" && "kind" in part && part.kind !== "invitation");
  return (
    <div className="stack">
      <div className={css.sentence}>
        <Sentence event={change} names={names} />
      </div>
      <Facts
        facts={[
          ["When", absolute(new Date(change.at), zone, { fraction: true })],
          ["Sequence", change.sequence],
          ["Request", <Id key="id" id={change.request_id} label="Copy the request id" />],
          ...(id ? ([[change.actor.kind === "user" ? "Person" : "Key", <Id key="id" id={id} label="Copy the id" />]] as const) : []),
        ]}
      />
      <div>
        <div className={css.head}>
          <h2>Details</h2>
          <Copy value={details} label="Copy the details" />
        </div>
        <pre className={`mono ${css.details}`} tabIndex={0} aria-label="Details">
          {details.split("\n").map(visible).join("\n")}
        </pre>
      </div>
      <div className="row">
        <LinkButton to="/audit" search={{ type: change.type }}>
          All of this kind
        </LinkButton>
        <LinkButton to="/audit" search={{ actor: change.actor.id ?? "system" }}>
          All by the same
        </LinkButton>
        {subject?.id && (
          <LinkButton to="/audit" search={{ about: subject.id }}>
            All about the same
          </LinkButton>
        )}
      </div>
    </div>
  );
}
