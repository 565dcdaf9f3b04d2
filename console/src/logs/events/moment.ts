/** What somebody types to go to a place in a log: a sequence, or a time. */

import type { Zone } from "../../format";

export type Place = { from: string } | { at: string };

const DIGITS = /^[\d,_ ]+$/;
const CLOCK = /^\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$/;
const HAS_ZONE = /(z|[+-]\d{2}:?\d{2}|utc|gmt)$/i;

/** Times without a zone are in the one that the page shows. */
export function place(text: string, zone: Zone, now: Date): Place | undefined {
  const typed = text.trim();
  if (DIGITS.test(typed)) {
    const sequence = Number(typed.replace(/\D/g, ""));
    return Number.isSafeInteger(sequence) ? { from: String(Math.max(1, sequence)) } : undefined;
  }
  const whole = CLOCK.test(typed) ? `${day(now, zone)} ${typed.padStart(5, "0")}` : typed;
  // A day alone would be taken for one of UTC.
  const full = /^\d{4}-\d{2}-\d{2}$/.test(whole) ? `${whole} 00:00` : whole;
  const moment = new Date(zone === "utc" && !HAS_ZONE.test(full) ? `${full} UTC` : full);
  return Number.isNaN(moment.getTime()) ? undefined : { at: moment.toISOString() };
}

function day(now: Date, zone: Zone): string {
  if (zone === "utc") return now.toISOString().slice(0, 10);
  const two = (figure: number) => String(figure).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}
