/** The bill of a month, line by line, with what stands on the invoice. */

import { getRouteApi, Link } from "@tanstack/react-router";
import type { Schemas } from "../api/client";
import { Panel } from "../design/Panel";
import { Pill, type Tone } from "../design/Pill";
import { Table } from "../design/Table";
import { Time } from "../design/Time";
import { count, money } from "../format";

const route = getRouteApi("/inside/usage");

const STATUS: Record<string, Tone> = { open: "accent", closed: "quiet", stopped: "warn", invoiced: "ok" };
const UNITS = { storage: "MB-hours", compute: "ms", data_out: "MB" } as const;
const TITLES = { storage: "Storage", compute: "Compute", data_out: "Data out" } as const;

export function Bill({ bill }: { bill: Schemas["BillBody"] }) {
  const search = route.useSearch();
  const lines = (["storage", "compute", "data_out"] as const).map((name) => ({ name, ...bill[name] }));
  return (
    <Panel title="Bill" flush actions={<Pill tone={STATUS[bill.status] ?? "quiet"}>{bill.status}</Pill>}>
      <Table
        label="Lines of the bill"
        rows={lines}
        rowKey={(line) => line.name}
        columns={[
          {
            title: "Line",
            cell: (line) => (
              <Link to="/usage" search={{ ...search, explain: line.name }}>
                {TITLES[line.name]}
              </Link>
            ),
          },
          { title: "Billed", numeric: true, cell: (line) => `${count(line.units)} ${UNITS[line.name]}` },
          { title: "Written off", numeric: true, optional: true, cell: (line) => `${count(line.free_units)} ${UNITS[line.name]}` },
          { title: "Used as billed, exactly", numeric: true, optional: true, cell: (line) => <span className="mono">{line.used_as_billed}</span> },
          { title: "Used as known now", numeric: true, optional: true, cell: (line) => <span className="mono">{line.used_as_known_now}</span> },
        ]}
      />
      <div className="row soft" style={{ padding: "10px 16px" }}>
        <span>
          Use up to <Time at={bill.until} />
        </span>
        {bill.closed_at && (
          <span>
            closed <Time at={bill.closed_at} /> at record {bill.closed_sequence}
          </span>
        )}
        <span className="grow" />
        {bill.invoice && (
          <span>
            Invoice <span className="mono">{bill.invoice.id}</span> · {bill.invoice.status} ·{" "}
            <b>{money(bill.invoice.subtotal_cents, bill.currency)}</b> before tax
          </span>
        )}
      </div>
      {bill.adjustments.map((adjustment) => (
        <div key={`${adjustment.meter}${adjustment.at}`} className="row soft" style={{ padding: "0 16px 10px" }}>
          Adjusted: {adjustment.meter} by <span className="mono">{adjustment.amount}</span>, {adjustment.reason} (
          <Time at={adjustment.at} />)
        </div>
      ))}
    </Panel>
  );
}
