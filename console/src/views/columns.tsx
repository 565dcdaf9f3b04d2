/** What lists of views tell of each. */

import { Link } from "@tanstack/react-router";
import type { Column } from "../design/Table";
import { bytes, count } from "../format";
import type { ViewOfLog } from "./allViews";
import css from "./ViewsScreen.module.css";
import { StandingPill } from "./StandingPill";
import { applied, mainVersion, progress, standing, type Version, type View } from "./standing";

const name: Column<ViewOfLog> = {
  title: "View",
  cell: ({ log, view }) => (
    <Link to="/logs/$log/views/$view" params={{ log, view: view.view_name }}>
      <b>{view.view_name}</b>
    </Link>
  ),
};

/** Where there is no room for a column of logs, they stand behind the names. */
const nameAndLog: Column<ViewOfLog> = {
  ...name,
  cell: (row) => (
    <>
      {name.cell(row)} <span className={`faint ${css.narrow}`}>{row.log}</span>
    </>
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
    cell: ({ view }) => figure(view, (version) => applied(version), count),
  },
  {
    title: "Behind",
    width: 110,
    numeric: true,
    optional: true,
    cell: ({ view }) => figure(view, (version) => behind(view, version), count),
  },
  {
    title: "Memory",
    width: 110,
    numeric: true,
    optional: true,
    cell: ({ view }) => figure(view, (version) => (version.hot ? version.memory_bytes : undefined), bytes),
  },
];

function State({ of }: { of: View }) {
  const state = standing(of);
  const version = mainVersion(of);
  if (state === "building" && version) return <>{<StandingPill standing={state} />} {Math.floor(progress(version) * 100)} %</>;
  return <StandingPill standing={state} />;
}

function behind(view: View, version: Version): number | undefined {
  const sequence = applied(version);
  return sequence === undefined ? undefined : Math.max(view.head_sequence - sequence, 0);
}

/** A figure of the version that answers; there is none of what is not loaded. */
function figure(view: View, of: (version: Version) => number | undefined, write: (value: number) => string) {
  const version = mainVersion(view);
  const value = version && of(version);
  if (value === undefined) return <span className="faint">–</span>;
  return value === 0 ? <span className="faint">{write(0)}</span> : write(value);
}

export const ofLog = [name, ...figures];
export const ofTenant = [nameAndLog, log, ...figures];
