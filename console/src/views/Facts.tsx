/** The figures of the version that answers, in one line. */

import type { ReactNode } from "react";
import { Time } from "../design/Time";
import { bytes, count, duration, plural } from "../format";
import { mainVersion, newestSnapshot, secondsPerEvent, type View } from "./standing";

export function Facts({ view }: { view: View }) {
  const version = mainVersion(view);
  if (!version) return null;
  const snapshot = newestSnapshot(version);
  const perEvent = secondsPerEvent(version);
  // Without memory and without a snapshot, how far it came is known again when it is asked.
  const isKnown = version.hot || typeof version.applied_sequence === "number";
  const facts: ReactNode[] = [
    isKnown ? (
      <>
        applied {count(version.applied_sequence ?? 0)} of {count(view.head_sequence)}
      </>
    ) : (
      "not loaded: the next query loads it"
    ),
    isKnown && version.lag_events > 0 && <>{plural(version.lag_events, "event")} behind</>,
    isKnown && bytes(version.memory_bytes),
    perEvent !== undefined && <>{duration(perEvent)} per event</>,
    snapshot ? (
      <>
        snapshot <Time at={snapshot.created_at} />
      </>
    ) : (
      "no snapshot yet"
    ),
  ].filter(Boolean);
  return (
    <>
      {facts.map((fact, at) => (
        <span key={at}>
          {at > 0 && " · "}
          {fact}
        </span>
      ))}
    </>
  );
}
