/** The records of the ledger that a figure is the sum of. */

import { Button } from "@mantine/core";
import { queries, type Schemas } from "../api/client";
import { Empty, ErrorNotice, Skeleton } from "../design/Placeholder";
import { Table } from "../design/Table";
import { Modal } from "../design/fields";
import { count } from "../format";
import { METERS, monthTitle } from "./meters";

interface Props {
  month: string;
  meterName: string;
  part: { log?: string; view?: string };
  onClose: () => void;
}

/** Digits in groups; the figures are too long for a number. */
const grouped = (digits: string) => digits.replace(/\B(?=(\d{3})+$)/g, ",");

export function Explain({ month, meterName, part, onClose }: Props) {
  const meter = METERS.find((it) => it.name === meterName) ?? METERS[0];
  const records = queries.useInfiniteQuery(
    "get",
    "/billing/usage/{month}/explain",
    { params: { path: { month }, query: { meter: meterName as Schemas["MeterName"], ...part } } },
    {
      pageParamName: "cursor",
      initialPageParam: null,
      getNextPageParam: (page: Schemas["ExplainedUsage"]) => page.next_cursor ?? undefined,
    },
  );
  const rows = records.data?.pages.flatMap((page) => page.records) ?? [];
  const first = records.data?.pages[0];
  const isStorage = meterName === "storage";
  return (
    <Modal opened onClose={onClose} size={860} title={`${meter?.title}: the records of ${monthTitle(month)}`}>
      {records.isError && <ErrorNotice error={records.error} />}
      {!first && !records.isError && <Skeleton rows={6} />}
      {first && (
        <div className="stack">
          <div>
            <b>{grouped(first.total)}</b> {first.unit} in all
            {isStorage && `; ${grouped(first.level_before)} bytes were stored when the month began`}
            {first.not_recorded !== "0" && `; ${grouped(first.not_recorded)} of hours that are not over`}.
          </div>
          {rows.length === 0 ? (
            <Empty title="No records yet">An hour is recorded when it is over.</Empty>
          ) : (
            <Table
              label="Records"
              rows={rows}
              rowKey={(row) => row.sequence}
              columns={[
                { title: "Record", numeric: true, cell: (row) => count(row.sequence) },
                { title: "Hour (UTC)", cell: (row) => row.hour.slice(0, 16).replace("T", " ") },
                { title: first.unit, numeric: true, cell: (row) => grouped(row.amount) },
                ...(isStorage ? [{ title: "Level, bytes", numeric: true, cell: (row: Schemas["UsageRecordBody"]) => row.level_change }] : []),
                { title: "Log", optional: true, cell: (row) => <span className="mono faint">{row.log_id ?? ""}</span> },
                { title: "View", optional: true, cell: (row) => <span className="mono faint">{row.view_id ?? ""}</span> },
              ]}
            />
          )}
          {records.hasNextPage && (
            <Button onClick={() => void records.fetchNextPage()} loading={records.isFetchingNextPage}>
              More
            </Button>
          )}
        </div>
      )}
    </Modal>
  );
}
