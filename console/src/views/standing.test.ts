import { expect, test } from "vitest";
import { applied, mainVersion, newestSnapshot, progress, secondsPerEvent, standing, successor, type Version, type View } from "./standing";

const version = (fields: Partial<Version>): Version => ({
  version: 1,
  version_id: "1",
  state: "live",
  live: false,
  component_digest: "",
  component_bytes: 0,
  world: "",
  imports: [],
  languages: [],
  created_at: "",
  lag_events: 0,
  lag_seconds: 0,
  hot: true,
  memory_bytes: 0,
  snapshots: [],
  compute_ms: 0,
  ...fields,
});

const view = (...versions: Version[]): View => ({
  view_id: "1",
  view_name: "v",
  log_id: "1",
  log_name: "l",
  created_at: "",
  state: "live",
  head_sequence: 10,
  versions,
});

test("a view stands as the version that answers does", () => {
  expect(standing(view(version({ state: "building" }), version({ live: true })))).toBe("live");
  expect(standing(view(version({ state: "failed", live: true })))).toBe("halted");
  expect(standing(view(version({ state: "failed" })))).toBe("failed");
  expect(standing(view(version({ live: true, lag_events: 3, lag_seconds: 1 })))).toBe("live");
  expect(standing(view(version({ live: true, lag_events: 3, lag_seconds: 30 })))).toBe("behind");
  expect(standing(view(version({ live: true, hot: false, lag_events: 3, lag_seconds: 30 })))).toBe("live");
});

test("a version that is built beside the live one is its successor", () => {
  const next = version({ version: 2, state: "building" });
  const both = view(next, version({ live: true }));
  expect(mainVersion(both)?.version).toBe(1);
  expect(successor(both)).toBe(next);
  expect(successor(view(next))).toBeUndefined();
});

test("figures are made of what was counted", () => {
  expect(applied(version({ applied_sequence: null, failure: { sequence: 4, message: "" } }))).toBe(3);
  expect(applied(version({ hot: false }))).toBeUndefined();
  expect(progress(version({ applied_sequence: 25, lag_events: 75 }))).toBe(0.25);
  expect(progress(version({}))).toBe(1);
  expect(secondsPerEvent(version({ applied_sequence: 1000, compute_ms: 2 }))).toBeCloseTo(2e-6);
  expect(secondsPerEvent(version({ compute_ms: 2 }))).toBeUndefined();
  const snapshots = [5, 9, 7].map((sequence) => ({ sequence, bytes: 1, created_at: "" }));
  expect(newestSnapshot(version({ snapshots }))?.sequence).toBe(9);
});
