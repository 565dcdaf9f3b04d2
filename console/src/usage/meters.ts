/** The three meters: their figures, units, and what of a month is free. */

import type { Schemas } from "../api/client";
import { duration } from "../format";

export type Usage = Schemas["UsageBody"];
export type MeterName = "storage" | "compute" | "data_out";

const FIGURE = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

export interface Meter {
  name: MeterName;
  title: string;
  /** Used in the month, in the meter's unit. */
  used: (usage: Usage) => number;
  free: (free: NonNullable<Usage["free"]>) => number;
  ofPeriod: (period: Schemas["UsagePeriod"]) => number;
  cents: (cost: NonNullable<Usage["cost"]>) => number;
  format: (value: number) => string;
  /** What the meter counts. */
  about: string;
}

const gigabytes = (unit: string) => (value: number) => {
  if (value === 0) return `0 ${unit}`;
  if (value < 0.001) return `${FIGURE.format(value * 1e6)} ${unit.replace("GB", "kB")}`;
  if (value < 1) return `${FIGURE.format(value * 1e3)} ${unit.replace("GB", "MB")}`;
  return `${FIGURE.format(value)} ${unit}`;
};

export const METERS: Meter[] = [
  {
    name: "storage",
    title: "Storage",
    used: (usage) => usage.storage_gb_hours,
    free: (free) => free.storage_gb_hours,
    ofPeriod: (period) => period.storage_gb_seconds / 3600,
    cents: (cost) => cost.storage_cents,
    format: gigabytes("GB·h"),
    about: "Bytes of events, over the time that they are stored",
  },
  {
    name: "compute",
    title: "Compute",
    used: (usage) => usage.compute_seconds,
    free: (free) => free.compute_seconds,
    ofPeriod: (period) => period.compute_seconds,
    cents: (cost) => cost.compute_cents,
    format: (value) => (value === 0 ? "0 s" : duration(value)),
    about: "CPU time of views: the first fold of each event, and queries",
  },
  {
    name: "data_out",
    title: "Data out",
    used: (usage) => usage.data_out_gb,
    free: (free) => free.data_out_gb,
    ofPeriod: (period) => period.data_out_gb,
    cents: (cost) => cost.data_out_cents,
    format: gigabytes("GB"),
    about: "Bytes of answers to queries",
  },
];

export const meter = (name: string | undefined): Meter => METERS.find((it) => it.name === name) ?? (METERS[0] as Meter);

/** `2026-11` and a number of months. */
export function monthAfter(month: string, months: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  return new Date(Date.UTC(year, number - 1 + months, 1)).toISOString().slice(0, 7);
}

export const thisMonth = (now = new Date()) => now.toISOString().slice(0, 7);

/** `November 2026`. */
export const monthTitle = (month: string) =>
  new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${month}-01T00:00:00Z`));

/** When the months's use has come to its free part, if it goes on as until now; nothing if it does not within the month. */
export function freeUntil(used: number, free: number, since: Date, until: Date): Date | undefined {
  const share = used / free;
  const elapsed = until.getTime() - since.getTime();
  if (share <= 0 || elapsed <= 0) return undefined;
  const end = new Date(since.getTime() + elapsed / share);
  const monthEnds = Date.UTC(since.getUTCFullYear(), since.getUTCMonth() + 1, 1);
  return end.getTime() < monthEnds ? end : undefined;
}

/** Days or hours of a month from its beginning on, with those in which nothing was used. */
export function periods(usage: Usage): { times: number[]; at: Map<number, Schemas["UsagePeriod"]> } {
  const step = usage.step === "hour" ? 3600 : 86_400;
  const begin = Date.parse(usage.since) / 1000;
  const end = Date.parse(usage.until) / 1000;
  const times: number[] = [];
  for (let time = begin; time < end; time += step) times.push(time);
  return { times, at: new Map(usage.series.map((period) => [Date.parse(period.at) / 1000, period])) };
}
