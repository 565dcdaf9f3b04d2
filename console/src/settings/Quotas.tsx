/** What the tenant may have, and how much of it there is. */

import type { Schemas } from "../api/client";
import { Meter } from "../design/Stat";
import { type Column, Table } from "../design/Table";
import { bytes, count } from "../format";
import css from "./Quotas.module.css";

interface Row {
  name: string;
  note?: string;
  limit: string;
  used?: string;
  share?: number;
}

const NAMES: [keyof Schemas["Quotas"], name: string, unit: (value: number) => string, note?: string][] = [
  ["logs", "Logs", count],
  ["views", "Views", count],
  ["keys", "API keys", count],
  ["members", "Members", count],
  ["storage_bytes", "Stored events", bytes],
  ["queries", "Queries at a time", count, "for each node"],
  ["streams", "Live streams at a time", count, "for each node"],
  ["view_memory_bytes", "Memory of loaded views", bytes, "for each worker"],
];

const COLUMNS: Column<Row>[] = [
  {
    title: "What",
    cell: ({ name, note }) => (
      <span className={css.what}>
        {name} {note && <span className="faint">{note}</span>}
      </span>
    ),
  },
  {
    title: <span className="spoken">Share</span>,
    width: "30%",
    optional: true,
    cell: ({ name, share }) =>
      share !== undefined && (
        <div className={css.meter}>
          <Meter share={share} label={`${name} used`} />
        </div>
      ),
  },
  { title: "Used", numeric: true, width: 80, cell: ({ used }) => used ?? <span className="faint">unknown</span> },
  { title: "Limit", numeric: true, width: 100, cell: ({ limit }) => limit },
];

interface Props {
  quotas: Schemas["Quotas"];
  rate: Schemas["RateLimit"] | null | undefined;
}

export function Quotas({ quotas, rate }: Props) {
  const rows = NAMES.map(([key, name, unit, note]): Row => {
    const { limit, used } = quotas[key];
    const isKnown = typeof used === "number";
    return {
      name,
      note,
      limit: unit(limit),
      used: isKnown ? unit(used) : undefined,
      share: isKnown && limit > 0 ? used / limit : undefined,
    };
  });
  return (
    <>
      <Table label="Limits" columns={COLUMNS} rows={rows} rowKey={({ name }) => name} />
      <div className={css.below}>
        {rate
          ? `Requests: ${count(rate.per_second)} per second, and ${count(rate.burst)} at once after a pause, shared by all keys and members.`
          : "Requests are not limited."}{" "}
        The operator of this server sets the limits.
      </div>
    </>
  );
}
