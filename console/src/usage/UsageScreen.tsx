/** What a month used and costs. Every figure opens the records that it is the sum of. */

import { Button } from "@mantine/core";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { queries } from "../api/client";
import { LinkButton } from "../design/LinkButton";
import { Page } from "../design/Page";
import { ErrorNotice, Skeleton } from "../design/Placeholder";
import { Meter, Stat, Stats } from "../design/Stat";
import { Alert } from "../design/fields";
import { absolute, money } from "../format";
import { useCopyAs } from "../shell/copyAs";
import { named, pythonCall } from "../shell/pythonCall";
import { cli, curl, ts } from "../shell/snippets";
import { Bill } from "./Bill";
import { Explain } from "./Explain";
import { freeUntil, METERS, monthAfter, monthTitle, thisMonth, type Usage } from "./meters";
import { Payments } from "./Payments";
import { UsageSeries } from "./UsageSeries";

const route = getRouteApi("/inside/usage");

export function UsageScreen() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const month = search.month ?? thisMonth();
  const step = search.step === "hour" ? "hour" : "day";
  const part = { log: search.log, view: search.view };
  const usage = queries.useQuery(
    "get",
    "/billing/usage",
    { params: { query: { month, step, ...part } } },
    { refetchInterval: month === thisMonth() ? 30_000 : false },
  );
  useCopyAs({
    curl: curl({ path: "/billing/usage", query: { month, step, ...part } }),
    ts: ts(
      `const { data } = await primatomic.api.GET("/billing/usage", {`,
      `  params: { query: ${JSON.stringify({ month, step, ...part })} },`,
      "});",
    ),
    python: pythonCall("billing", "get_usage", ...named({ month, ...part })),
    cli: cli("usage", month, ...(part.log ? ["--log", part.log] : []), ...(part.view ? ["--view", part.view] : [])),
  });
  const to = (month: string) => ({ ...search, month: month === thisMonth() ? undefined : month });
  return (
    <Page
      name="Usage & billing"
      title="Usage & billing"
      beside={<span className="soft">{monthTitle(month)}</span>}
      sub={part.log ? <Part log={part.log} view={part.view} /> : "Months, days and hours are those of UTC"}
      actions={
        <>
          <LinkButton to="/usage" search={to(monthAfter(month, -1))} aria-label="The month before">
            ‹
          </LinkButton>
          <LinkButton
            to="/usage"
            search={to(monthAfter(month, 1))}
            disabled={month >= thisMonth()}
            aria-label="The month after"
          >
            ›
          </LinkButton>
        </>
      }
    >
      <div className="stack" style={{ gap: 22 }}>
        {search.checkout && <Returned outcome={search.checkout} />}
        {usage.isError && <ErrorNotice error={usage.error} retry={() => void usage.refetch()} />}
        {usage.data ? <Figures usage={usage.data} /> : !usage.isError && <Skeleton rows={3} height={66} />}
        {usage.data && <UsageSeries usage={usage.data} />}
        {usage.data && !part.log && month === thisMonth() && <Payments usage={usage.data} />}
        {usage.data?.bill && <Bill bill={usage.data.bill} />}
      </div>
      {search.explain && (
        <Explain
          month={month}
          meterName={search.explain}
          part={part}
          onClose={() => void navigate({ to: "/usage", search: { ...search, explain: undefined } })}
        />
      )}
    </Page>
  );
}

function Figures({ usage }: { usage: Usage }) {
  const search = route.useSearch();
  const { free, cost, cap_cents } = usage;
  const since = new Date(usage.since);
  const until = new Date(usage.until);
  return (
    <Stats>
      {METERS.map((meter) => {
        const used = meter.used(usage);
        const share = free ? used / meter.free(free) : 0;
        const end = free && freeUntil(used, meter.free(free), since, until);
        return (
          <Stat
            key={meter.name}
            label={meter.title}
            value={meter.format(used)}
            unit={free && `of ${meter.format(meter.free(free))} free`}
          >
            {free && <Meter share={share} label={`${meter.title}: part of the free tier that is used`} />}
            <span className="row" style={{ fontSize: 12, gap: 6, flexWrap: "nowrap" }}>
              <span className="faint ellipsis">{end ? `free until ${absolute(end, "utc").slice(0, 6)}` : ""}</span>
              <span className="grow" />
              <LinkButton
                variant="transparent"
                size="compact-xs"
                to="/usage"
                search={{ ...search, explain: meter.name }}
                aria-label={`The records of ${meter.title}`}
              >
                Records
              </LinkButton>
            </span>
          </Stat>
        );
      })}
      {cost && (
        <Stat
          label={usage.month === thisMonth() ? "Cost so far" : "Cost"}
          value={money(cost.cents, cost.currency)}
          unit={usage.month === thisMonth() && `forecast ${money(cost.forecast_cents, cost.currency)}`}
        >
          {cap_cents != null && cap_cents > 0 && (
            <>
              <Meter share={cost.cents / cap_cents} label="Part of the cap that is reached" />
              <span className="faint" style={{ fontSize: 12 }}>
                cap {money(cap_cents, cost.currency)}
              </span>
            </>
          )}
        </Stat>
      )}
    </Stats>
  );
}

function Part({ log, view }: { log: string; view?: string }) {
  const navigate = useNavigate();
  return (
    <>
      Of {view ? `the view ${view} of ` : ""}the log <b>{log}</b> alone{" "}
      <Button size="compact-xs" onClick={() => void navigate({ to: "/usage", search: {} })}>
        Show all
      </Button>
    </>
  );
}

/** What Stripe's page led back with says nothing for sure; the standing does, a moment later. */
function Returned({ outcome }: { outcome: string }) {
  return outcome === "done" ? (
    <Alert title="Thank you">Stripe tells this server in a moment; the standing below shows it.</Alert>
  ) : (
    <Alert title="Nothing was changed">You left Stripe's page before it was done.</Alert>
  );
}
