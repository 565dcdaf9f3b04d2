/** Numbers, sizes and times in words. Figures have their unit; times say whether they are UTC. */

const NUMBER = new Intl.NumberFormat("en-US");
const PRECISE = new Intl.NumberFormat("en-US", { maximumSignificantDigits: 3 });

export const count = (value: number) => NUMBER.format(value);
export const plural = (value: number, noun: string) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

/** Decimal units, as bills have them: a gigabyte is 10⁹ bytes. */
export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1000;
    at += 1;
  }
  return `${at === 0 ? NUMBER.format(value) : PRECISE.format(value)} ${units[at]}`;
}

export function duration(seconds: number): string {
  if (seconds < 0.001) return `${PRECISE.format(seconds * 1e6)} µs`;
  if (seconds < 1) return `${PRECISE.format(seconds * 1000)} ms`;
  if (seconds < 90) return `${PRECISE.format(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/** `2 min ago`, `in 3 days`. */
export function relative(at: Date, now: Date): string {
  const seconds = (at.getTime() - now.getTime()) / 1000;
  if (Math.abs(seconds) < 2) return "now";
  const length = duration(Math.abs(Math.abs(seconds) < 90 ? Math.round(seconds) : seconds));
  return seconds < 0 ? `${length} ago` : `in ${length}`;
}

export type Zone = "utc" | "local";

/** `28 Nov 2026, 18:04:11 UTC`. */
export function absolute(at: Date, zone: Zone, options: { fraction?: boolean } = {}): string {
  const text = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone === "utc" ? "UTC" : undefined,
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: options.fraction ? 3 : undefined,
    timeZoneName: zone === "utc" ? undefined : "short",
  }).format(at);
  return zone === "utc" ? `${text} UTC` : text;
}

/** `18:04:11.204`. */
export function clock(at: Date, zone: Zone): string {
  return new Intl.DateTimeFormat("en-GB", {
    timeZone: zone === "utc" ? "UTC" : undefined,
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
  }).format(at);
}

/** Cents as money. */
export function money(cents: number, currency: string): string {
  return new Intl.NumberFormat("en-US", { style: "currency", currency: currency.toUpperCase() }).format(cents / 100);
}

/** `8790…d971`. */
export const shortHash = (hash: string) => (hash.length > 12 ? `${hash.slice(0, 4)}…${hash.slice(-4)}` : hash);
