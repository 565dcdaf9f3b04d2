/** What lists of views tell of each. */

import { Link } from "@tanstack/react-router";
import type { Column } from "../design/Table";
import { bytes, count } from "../format";
import type { ViewOfLog } from "./allViews";
import { StandingPill } from "./StandingPill";
import { mainVersion, progress, standing } from "./standing";

const name: Column<ViewOfLog> = {
  title: "View",
  cell: ({ log, view }) => (
    <Link to="/logs/$log/views/$view" params={{ log, view: view.view_name }}>
      <b>{view.view_name}</b>
    </Link>
  ),
};

const log: Column<ViewOfLog> = {
  title: "Log",
  optional: true,
  cell: ({ log }) => (
    <Link to="/logs/$log" params={{ log }} className="soft">
      {log}
    </Link>
  ),
};

const figures: Column<ViewOfLog>[] = [
  {
    title: "State",
    width: 170,
    cell: ({ view }) => <State of={view} />,
  },
  {
    title: "Applied",
    width: 130,
    numeric: true,
    optional: true,
    cell: ({ view }) => count(mainVersion(view)?.applied_sequence ?? 0),
  },
  { title: "Behind", width: 110, numeric: true, optional: true, cell: ({ view }) => lag(view) },
  {
    title: "Memory",
    width: 110,
    numeric: true,
    optional: true,
    cell: ({ view }) => bytes(mainVersion(view)?.memory_bytes ?? 0),
  },
];

function State({ of }: { of: ViewOfLog["view"] }) {
  const state = standing(of);
  const version = mainVersion(of);
  if (state === "building" && version) return <>{<StandingPill standing={state} />} {Math.floor(progress(version) * 100)} %</>;
  return <StandingPill standing={state} />;
}

function lag(view: ViewOfLog["view"]) {
  const events = mainVersion(view)?.lag_events ?? 0;
  return events === 0 ? <span className="faint">0</span> : count(events);
}

export const ofLog = [name, ...figures];
export const ofTenant = [name, log, ...figures];
