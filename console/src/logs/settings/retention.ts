/** What becomes of events once they are archived, in words. */

import type { Schemas } from "../../api/client";

export type Retention = Schemas["Retention"];

export const RETENTION: Record<Retention, string> = {
  keep_hot: "Events stay in the hot log and go to the archive as well: reads are fastest.",
  archive: "Events leave the hot log once they are in the archive: for logs that are seldom read.",
};

export const RETENTION_NAMES: { value: Retention; label: string }[] = [
  { value: "keep_hot", label: "Keep hot" },
  { value: "archive", label: "Archive" },
];
