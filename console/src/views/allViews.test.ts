import { expect, test, vi } from "vitest";

vi.mock("../api/client", () => ({ api: {} }));
vi.mock("@primatomic/client", () => ({ unwrap: () => undefined }));

import { byNeed, filtered, type ViewOfLog } from "./allViews";
import type { Version } from "./standing";

const viewOf = (log: string, name: string, fields: Partial<Version>): ViewOfLog => ({
  log,
  view: { view_id: name, view_name: name, log_id: log, log_name: log, created_at: "", state: "live", head_sequence: 1, versions: [fields as Version] },
});

test("views that stand still come first, and can be picked", () => {
  const views = [
    viewOf("b", "live", { state: "live", live: true, lag_events: 0 }),
    viewOf("a", "halted", { state: "failed", live: true }),
    viewOf("a", "another", { state: "live", live: true, lag_events: 0 }),
    viewOf("c", "failed", { state: "failed", live: false }),
  ].sort(byNeed);
  expect(views.map(({ view }) => view.view_name)).toEqual(["halted", "failed", "another", "live"]);
  expect(filtered(views, "", "halted")).toHaveLength(1);
  expect(filtered(views, "a", "").map(({ view }) => view.view_name)).toEqual(["halted", "another"]);
});
