/** How a month went: a meter by days or hours, or added up beside what is free. */

import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { LazyChart } from "../chart/LazyChart";
import { Panel } from "../design/Panel";
import { SegmentedControl } from "../design/fields";
import { METERS, meter, periods, type Usage } from "./meters";

const route = getRouteApi("/inside/usage");

const timeTitle = (step: string) => (seconds: number) =>
  new Intl.DateTimeFormat("en-GB", {
    timeZone: "UTC",
    day: "numeric",
    month: "short",
    ...(step === "hour" && { hour: "2-digit", minute: "2-digit" }),
  }).format(new Date(seconds * 1000));

export function UsageSeries({ usage }: { usage: Usage }) {
  const search = route.useSearch();
  const navigate = useNavigate();
  const shown = meter(search.meter);
  const isSum = search.sum === "yes";
  const { times, at } = periods(usage);
  const each = times.map((time) => {
    const period = at.get(time);
    return period ? shown.ofPeriod(period) : 0;
  });
  let total = 0;
  const added = each.map((value) => (total += value));
  const free = usage.free && shown.free(usage.free);
  const set = (change: Partial<typeof search>) => void navigate({ to: "/usage", search: { ...search, ...change }, replace: true });
  return (
    <Panel
      title={shown.title}
      actions={
        <>
          <SegmentedControl
            size="xs"
            aria-label="Meter"
            value={shown.name}
            onChange={(value) => set({ meter: value === METERS[0]?.name ? undefined : value })}
            data={METERS.map(({ name, title }) => ({ value: name, label: title }))}
          />
          <SegmentedControl
            size="xs"
            aria-label="Step"
            value={usage.step}
            onChange={(value) => set({ step: value === "hour" ? "hour" : undefined })}
            data={[
              { value: "day", label: "Days" },
              { value: "hour", label: "Hours" },
            ]}
          />
          <SegmentedControl
            size="xs"
            aria-label="Each or added up"
            value={isSum ? "yes" : "no"}
            onChange={(value) => set({ sum: value === "yes" ? "yes" : undefined })}
            data={[
              { value: "no", label: "Each" },
              { value: "yes", label: "Added up" },
            ]}
          />
        </>
      }
    >
      <LazyChart
        label={`${shown.title} by ${usage.step}`}
        times={times}
        series={
          isSum
            ? [
                { label: shown.title, values: added, color: "--accent", kind: "line" },
                ...(free != null
                  ? [{ label: "Free tier", values: times.map(() => free), color: "--warn", kind: "dashed" as const }]
                  : []),
              ]
            : [{ label: shown.title, values: each, color: "--accent", kind: "bars" }]
        }
        format={shown.format}
        formatTime={timeTitle(usage.step)}
        height={200}
      />
      <div className="faint" style={{ fontSize: 12 }}>
        {shown.about}. Storage appears about half a minute after it was used, everything else within seconds.
      </div>
    </Panel>
  );
}
