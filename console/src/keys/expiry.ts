/** When a key ends: what can be chosen, and how near it is. */

export const DAY_MS = 86_400_000;

/** Keys that end within this many days are marked. */
const SOON_DAYS = 7;

export type Nearness = "expired" | "soon" | "later" | "never";

export function nearness(expiresAt: string | null | undefined, now: Date): Nearness {
  if (!expiresAt) return "never";
  const left = new Date(expiresAt).getTime() - now.getTime();
  if (left <= 0) return "expired";
  return left <= SOON_DAYS * DAY_MS ? "soon" : "later";
}

export const PRESETS = [
  { value: "7", label: "7 days" },
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "never", label: "Never" },
  { value: "date", label: "Date" },
] as const;

export type Preset = (typeof PRESETS)[number]["value"];

/** The time that is sent; a day ends at midnight in UTC, when the next one begins. */
export function expiresAt(preset: Preset, date: string | null, now: Date): string | null {
  if (preset === "never") return null;
  if (preset !== "date") return new Date(now.getTime() + Number(preset) * DAY_MS).toISOString();
  return date ? new Date(Date.parse(`${date}T00:00:00Z`) + DAY_MS).toISOString() : null;
}
