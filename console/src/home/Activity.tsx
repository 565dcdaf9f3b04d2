/** How things go: events, queries and their latency, what is stored, what it costs. */

import { keepPreviousData } from "@tanstack/react-query";
import { queries } from "../api/client";
import { LazyChart } from "../chart/LazyChart";
import { Panel } from "../design/Panel";
import { ErrorNotice } from "../design/Placeholder";
import { Spark } from "../design/Spark";
import { Meter, Stat, Stats } from "../design/Stat";
import { useNow } from "../design/Time";
import { count, duration, money } from "../format";
import { METERS, type Usage } from "../usage/meters";
import css from "./Activity.module.css";

/** Points of a chart, about. */
const POINTS = 120;
const MINUTE = 60;

const COMPACT = new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 });

const time = (seconds: number) =>
  new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", hour: "2-digit", minute: "2-digit" }).format(new Date(seconds * 1000));

export function Activity({ usage, seconds }: { usage?: Usage; seconds: number }) {
  const step_seconds = Math.max(MINUTE, Math.ceil(seconds / POINTS / MINUTE) * MINUTE);
  // A new range begins with a new step, not with each second.
  const end = Math.floor(useNow().getTime() / 1000 / step_seconds + 1) * step_seconds;
  const since = new Date((end - seconds) * 1000).toISOString();
  const activity = queries.useQuery(
    "get",
    "/tenants/me/activity",
    { params: { query: { since, step_seconds } } },
    { refetchInterval: 20_000, placeholderData: keepPreviousData },
  );
  if (activity.isError) return <ErrorNotice error={activity.error} retry={() => void activity.refetch()} />;
  // Until it is known the figures are dashes, in their places.
  const steps = activity.data?.series ?? [];
  const isKnown = activity.data !== undefined;
  const times = steps.map((step) => Date.parse(step.at) / 1000);
  const sum = (of: (step: (typeof steps)[number]) => number) => steps.reduce((total, step) => total + of(step), 0);
  const events = sum((step) => step.events);
  const asked = sum((step) => step.queries);
  const failed = sum((step) => step.failed_queries);
  const p99 = Math.max(...steps.map((step) => step.query_p99_ms ?? 0), 0);
  const storage = METERS[0];
  const perSecond = (value: number) => `${count(Math.round(value * 100) / 100)}/s`;
  return (
    <>
      <Stats>
        <Stat label="Events" value={isKnown ? COMPACT.format(events) : "–"}>
          <Spark values={steps.map((step) => step.events)} label="Events over time" width={200} height={34} />
        </Stat>
        <Stat label="Queries" value={isKnown ? COMPACT.format(asked) : "–"} unit={failed > 0 && `${count(failed)} failed`}>
          <Spark values={steps.map((step) => step.queries)} label="Queries over time" width={200} height={34} />
        </Stat>
        <Stat label="Queries, p99" value={asked > 0 ? duration(p99 / 1000) : "–"} unit={asked > 0 && "at worst"}>
          <Spark values={steps.map((step) => step.query_p99_ms ?? 0)} label="p99 of queries over time" width={200} height={34} />
        </Stat>
        {storage && (
          <Stat
            label={usage?.cost ? "This month so far" : "Stored this month"}
            value={!usage ? "–" : usage.cost ? money(usage.cost.cents, usage.cost.currency) : storage.format(storage.used(usage))}
            unit={usage?.cost && `forecast ${money(usage.cost.forecast_cents, usage.cost.currency)}`}
          >
            {usage?.cost && usage.cap_cents ? (
              <Meter share={usage.cost.cents / usage.cap_cents} label="Part of the cap that is reached" />
            ) : (
              usage?.free && <Meter share={storage.used(usage) / storage.free(usage.free)} label="Part of the free storage that is used" />
            )}
          </Stat>
        )}
      </Stats>
      <div className={css.charts}>
        <Panel title="Events a second">
          <LazyChart
            label="Events a second"
            times={times}
            series={[
              { label: "Events", values: steps.map((step) => step.events / step_seconds), color: "--accent", kind: "bars" },
            ]}
            format={perSecond}
            formatTime={time}
          />
        </Panel>
        <Panel title="Latency of queries">
          <LazyChart
            label="Latency of queries"
            times={times}
            series={[
              { label: "p99", values: steps.map((step) => step.query_p99_ms ?? null), color: "--accent", kind: "line" },
              { label: "p50", values: steps.map((step) => step.query_p50_ms ?? null), color: "--json-string", kind: "line" },
            ]}
            format={(ms) => (ms === 0 ? "0 ms" : duration(ms / 1000))}
            formatTime={time}
          />
        </Panel>
      </div>
    </>
  );
}
