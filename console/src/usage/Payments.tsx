/** Paying: the standing, the card, the cap. Without a payment provider there is nothing of it. */

import { Button, Group } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { queries } from "../api/client";
import { problem } from "../api/error";
import { Panel } from "../design/Panel";
import { Pill, type Tone } from "../design/Pill";
import { ErrorNotice } from "../design/Placeholder";
import { NumberInput } from "../design/fields";
import { money } from "../format";
import { useTenant } from "../session/tenant";
import type { Usage } from "./meters";
import css from "./Payments.module.css";

const STANDINGS: Record<string, { tone: Tone; title: string; about: string }> = {
  free: { tone: "quiet", title: "free tier", about: "Use stops at the end of the free tier." },
  active: { tone: "ok", title: "subscribed", about: "What is beyond the free tier is billed monthly, up to the cap." },
  ending: { tone: "warn", title: "ends this month", about: "The subscription was cancelled, and lasts until the month is over." },
  past_due: { tone: "bad", title: "payment failed", about: "The payment is tried again. After 14 days the free tier is the end." },
  unpaid: { tone: "bad", title: "unpaid", about: "Payments failed, so the free tier is the end. Mend the card to go on." },
  cancelled: { tone: "quiet", title: "cancelled", about: "The subscription ended, so the free tier is the end." },
  disputed: { tone: "bad", title: "disputed", about: "A payment is disputed; the free tier is the end until that is decided." },
};

const MAY_SUBSCRIBE = new Set(["free", "cancelled"]);

export function Payments({ usage }: { usage: Usage }) {
  const tenant = useTenant();
  const notices = queries.useQuery("get", "/billing/notices", {}, { enabled: tenant.may("admin"), retry: false });
  const here = window.location.origin + window.location.pathname;
  const leave = { onSuccess: ({ url }: { url: string }) => window.location.assign(url) };
  const checkout = queries.useMutation("post", "/billing/checkout", leave);
  const portal = queries.useMutation("post", "/billing/portal", leave);
  const standing = STANDINGS[usage.standing ?? "free"] ?? STANDINGS.free;
  if (!standing || !usage.cost) return null;
  if (notices.isError && problem(notices.error).code === "billing_not_configured") {
    return (
      <Panel title="Billing">
        <span className="soft">This server takes no payments: use is counted, and nothing is billed.</span>
      </Panel>
    );
  }
  const subscribe = tenant.may("admin") && MAY_SUBSCRIBE.has(usage.standing ?? "free");
  const manage = tenant.may("admin") && usage.standing !== "free";
  return (
    <Panel title="Billing">
      <div className="stack">
        <div className="row">
          <Pill tone={standing.tone}>{standing.title}</Pill>
          <span className="soft grow">{standing.about}</span>
          {manage && (
            <Button onClick={() => portal.mutate({ body: { return_url: here } })} loading={portal.isPending}>
              Card, invoices and receipts
            </Button>
          )}
          {subscribe && (
            <Button
              variant="filled"
              color="dark"
              loading={checkout.isPending}
              onClick={() =>
                checkout.mutate({ body: { success_url: `${here}?checkout=done`, cancel_url: `${here}?checkout=left` } })
              }
            >
              Enter a card
            </Button>
          )}
        </div>
        {checkout.isError && <ErrorNotice error={checkout.error} />}
        {portal.isError && <ErrorNotice error={portal.error} />}
        <Cap usage={usage} />
      </div>
    </Panel>
  );
}

function Cap({ usage }: { usage: Usage }) {
  const tenant = useTenant();
  const client = useQueryClient();
  const currency = usage.cost?.currency ?? "usd";
  const [typed, setTyped] = useState<string | number>(usage.cap_cents == null ? "" : usage.cap_cents / 100);
  const set = queries.useMutation("put", "/billing/cap", {
    onSuccess: () => client.invalidateQueries({ queryKey: ["get", "/billing/usage"] }),
  });
  const now = usage.cap_cents == null ? "There is no cap." : `A month costs at most ${money(usage.cap_cents, currency)} before tax.`;
  if (!tenant.may("admin")) return <div className="soft">{now}</div>;
  const cents = typed === "" ? null : Math.round(Number(typed) * 100);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate({ body: { cap_cents: cents } });
  };
  return (
    <form onSubmit={submit} className={css.cap}>
      <Group align="flex-end" gap={8}>
        <NumberInput
          label={`Cap of a month, in ${currency.toUpperCase()} before tax`}
          description={`${now} What is used beyond it is not billed: queries stop, then appends. Reading goes on.`}
          placeholder="no cap"
          min={0}
          decimalScale={2}
          hideControls
          value={typed}
          onChange={setTyped}
          className="grow"
        />
        <Button type="submit" size="sm" loading={set.isPending} disabled={cents === (usage.cap_cents ?? null)}>
          Set the cap
        </Button>
      </Group>
      {set.isError && <ErrorNotice error={set.error} />}
    </form>
  );
}
