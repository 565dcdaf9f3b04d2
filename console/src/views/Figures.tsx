/** The figures of the version that answers, in one line. */

import type { ReactNode } from "react";
import { Time } from "../design/Time";
import { bytes, count, duration, plural } from "../format";
import { applied, mainVersion, newestSnapshot, secondsPerEvent, type View } from "./standing";

export function Figures({ view }: { view: View }) {
  const version = mainVersion(view);
  if (!version) return null;
  const snapshot = newestSnapshot(version);
  const perEvent = secondsPerEvent(version);
  const sequence = applied(version);
  const facts: ReactNode[] = [
    sequence !== undefined && (
      <>
        applied {count(sequence)} of {count(view.head_sequence)}
      </>
    ),
    sequence !== undefined && sequence < view.head_sequence && <>{plural(view.head_sequence - sequence, "event")} behind</>,
    version.hot ? bytes(version.memory_bytes) : "not loaded until it is asked",
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
