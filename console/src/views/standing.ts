/** What a view's state means to whoever looks at it. */

import type { Schemas } from "../api/client";
import type { Tone } from "../design/Pill";

export type View = Schemas["View"];
export type Version = Schemas["Version"];

export type Standing = "halted" | "failed" | "behind" | "building" | "live" | "retired";

/** In the order in which somebody should look at them. */
export const STANDINGS: Standing[] = ["halted", "failed", "behind", "building", "live", "retired"];

/** Who has not moved on for so long is behind; a moment is nothing. */
const BEHIND_SECONDS = 10;

export const TONES: Record<Standing, Tone> = {
  halted: "bad",
  failed: "bad",
  behind: "warn",
  building: "accent",
  live: "ok",
  retired: "quiet",
};

export function versionStanding(version: Version): Standing {
  if (version.state === "failed") return version.live ? "halted" : "failed";
  // One that is not loaded applies nothing until it is asked, and misses nothing by that.
  if (version.state === "live" && version.hot && version.lag_events > 0 && version.lag_seconds > BEHIND_SECONDS) return "behind";
  return version.state;
}

/** The version that answers, or the newest one when none does. */
export function mainVersion(view: View): Version | undefined {
  return view.versions.find((version) => version.live) ?? view.versions[0];
}

export function standing(view: View): Standing {
  const version = mainVersion(view);
  return version ? versionStanding(version) : view.state;
}

/** A newer version that takes the place of the one that answers when it is done. */
export function successor(view: View): Version | undefined {
  const main = mainVersion(view);
  return view.versions.find((version) => version !== main && version.state === "building");
}

/** The sequence up to which a version has applied the log; undefined where only loading it would tell. */
export function applied(version: Version): number | undefined {
  if (typeof version.applied_sequence === "number") return version.applied_sequence;
  if (version.failure) return Math.max(version.failure.sequence - 1, 0);
  return version.hot ? 0 : undefined;
}

/** How much of the log a version has applied, from 0 to 1. */
export function progress(version: Version): number {
  const applied = version.applied_sequence ?? 0;
  const all = applied + version.lag_events;
  return all === 0 ? 1 : applied / all;
}

/** CPU time of one event on average, in seconds; undefined where too little was counted. */
export function secondsPerEvent(version: Version): number | undefined {
  const applied = version.applied_sequence ?? 0;
  return applied > 0 && version.compute_ms > 0 ? version.compute_ms / 1000 / applied : undefined;
}

export function newestSnapshot(version: Version): Schemas["Snapshot"] | undefined {
  return version.snapshots.reduce<Schemas["Snapshot"] | undefined>(
    (newest, snapshot) => (newest === undefined || snapshot.sequence > newest.sequence ? snapshot : newest),
    undefined,
  );
}
