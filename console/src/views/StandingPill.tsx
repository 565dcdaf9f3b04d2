/** How a view or a version stands, in a word. */

import { Pill } from "../design/Pill";
import { type Standing, TONES } from "./standing";

export function StandingPill({ standing, version }: { standing: Standing; version?: number | null }) {
  return (
    <Pill tone={TONES[standing]}>
      {standing}
      {typeof version === "number" && ` · version ${version}`}
    </Pill>
  );
}
