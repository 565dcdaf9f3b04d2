/** What somebody should look at, the worst first; nothing, when all is well. */

import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { queries, type Schemas } from "../api/client";
import { LinkButton } from "../design/LinkButton";
import { Panel } from "../design/Panel";
import { Pill, type Tone } from "../design/Pill";
import { Skeleton } from "../design/Placeholder";
import { Time } from "../design/Time";
import { absolute, count, duration, plural } from "../format";
import { useTenant } from "../session/tenant";
import { freeUntil, METERS, type Usage } from "../usage/meters";
import css from "./NeedsYou.module.css";

interface Need {
  key: string;
  tone: Tone;
  state: string;
  text: ReactNode;
  action?: ReactNode;
}

/** A view that is further behind than this is worth a look. */
const LAG_SECONDS = 60;
const SHOWN_MAX = 6;
const ROW_HEIGHT = 50;

function ofView(view: Schemas["View"]): Need[] {
  const version = view.versions.find((it) => it.live) ?? view.versions[0];
  const place = { log: view.log_name, view: view.view_name };
  const name = (
    <>
      <b>{view.view_name}</b> <span className="soft">on</span> {view.log_name}
    </>
  );
  const open = (
    <LinkButton to="/logs/$log/views/$view" params={place}>
      Open
    </LinkButton>
  );
  if (view.state === "failed") {
    const sequence = version?.failure?.sequence ?? 0;
    return [
      {
        key: view.view_id,
        tone: "bad",
        state: "halted",
        text: (
          <>
            {name}{" "}
            <span className="soft">
              {sequence > 0 ? `stopped before event ${count(sequence)}: ` : "could not be built: "}
              <span className="mono">
                <bdi>{version?.failure?.message}</bdi>
              </span>
            </span>
          </>
        ),
        action: open,
      },
    ];
  }
  if (version && version.lag_seconds > LAG_SECONDS && version.lag_events > 0 && version.hot) {
    return [
      {
        key: view.view_id,
        tone: "warn",
        state: "lagging",
        text: (
          <>
            {name}{" "}
            <span className="soft">
              is {plural(version.lag_events, "event")} behind, for {duration(version.lag_seconds)}
            </span>
          </>
        ),
        action: open,
      },
    ];
  }
  return [];
}

function ofUsage(usage: Usage, mayPay: boolean): Need[] {
  const { free, cost, cap_cents, standing } = usage;
  const needs: Need[] = [];
  const payment = standing === "past_due" || standing === "unpaid" || standing === "disputed";
  const toBilling = mayPay && <LinkButton to="/usage">{payment ? "Mend it" : "Set a cap"}</LinkButton>;
  if (payment) {
    const state = standing.replace("_", " ");
    const text = standing === "disputed" ? "A payment is disputed" : "A payment failed; without one the free tier is the end";
    needs.push({ key: "payment", tone: "bad", state, text, action: toBilling });
  }
  const isFree = standing === "free" || standing === "cancelled" || standing === null;
  for (const meter of free && isFree ? METERS : []) {
    const share = free ? meter.used(usage) / meter.free(free) : 0;
    if (share < 0.8 || !free) continue;
    const end = freeUntil(meter.used(usage), meter.free(free), new Date(usage.since), new Date(usage.until));
    needs.push({
      key: meter.name,
      tone: share >= 1 ? "bad" : "warn",
      state: `${Math.floor(share * 100)} %`,
      text: (
        <>
          {meter.title}{" "}
          <span className="soft">
            of the free tier is used{end && share < 1 ? `, at this pace until ${absolute(end, "utc").slice(0, 6)}` : ""}
          </span>
        </>
      ),
      action: mayPay && <LinkButton to="/usage">Enter a card</LinkButton>,
    });
  }
  if (cost && cap_cents && cost.cents >= cap_cents * 0.8) {
    const share = cost.cents / cap_cents;
    const state = `${Math.floor(share * 100)} %`;
    needs.push({ key: "cap", tone: share >= 1 ? "bad" : "warn", state, text: "of the cap is reached", action: toBilling });
  }
  return needs;
}

function ofInvitation(invitation: Schemas["InvitationBody"]): Need {
  return {
    key: invitation.id,
    tone: "accent",
    state: "invited",
    text: (
      <>
        {invitation.email}{" "}
        <span className="soft">
          has not accepted yet; the invitation ends <Time at={invitation.expires_at} />
        </span>
      </>
    ),
    action: <LinkButton to="/team">Open</LinkButton>,
  };
}

export function NeedsYou({ usage }: { usage?: Usage }) {
  const tenant = useTenant();
  const failed = queries.useQuery("get", "/views", { params: { query: { state: "failed", limit: 50 } } }, { refetchInterval: 10_000 });
  const live = queries.useQuery("get", "/views", { params: { query: { state: "live", limit: 50 } } }, { refetchInterval: 30_000 });
  const invitations = queries.useQuery("get", "/tenants/me/invitations", {}, { enabled: tenant.may("admin") });
  if (!usage || failed.isPending) {
    return (
      <Panel title="Needs you" flush>
        <Skeleton rows={1} height={ROW_HEIGHT} />
      </Panel>
    );
  }
  const needs = [
    ...(failed.data?.views ?? []).flatMap(ofView),
    ...ofUsage(usage, tenant.may("admin")),
    ...(live.data?.views ?? []).flatMap(ofView),
    ...(invitations.data?.invitations ?? []).map(ofInvitation),
  ];
  if (needs.length === 0) {
    return (
      <Panel title="Needs you" flush>
        <div className={css.need}>
          <Pill tone="ok">all well</Pill>
          <span className="soft">No view is halted or behind, and nothing comes to its limit.</span>
        </div>
      </Panel>
    );
  }
  const more = needs.length - SHOWN_MAX;
  return (
    <Panel title="Needs you" flush>
      <ul className={css.needs}>
        {needs.slice(0, SHOWN_MAX).map(({ key, tone, state, text, action }) => (
          <li key={key} className={css.need}>
            <span>
              <Pill tone={tone}>{state}</Pill>
            </span>
            <span className={css.text}>{text}</span>
            {action}
          </li>
        ))}
      </ul>
      {more > 0 && (
        <div className={css.more}>
          <Link to="/views">and {count(more)} more</Link>
        </div>
      )}
    </Panel>
  );
}
