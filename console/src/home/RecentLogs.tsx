/** The logs with the newest events, of those that come first by name. */

import { Link } from "@tanstack/react-router";
import { queries } from "../api/client";
import { LinkButton } from "../design/LinkButton";
import { Panel } from "../design/Panel";
import { Empty, ErrorNotice, Skeleton } from "../design/Placeholder";
import { Spark } from "../design/Spark";
import { Table } from "../design/Table";
import { Time } from "../design/Time";
import { bytes, count } from "../format";

const READ = 100;
const SHOWN = 8;

export function RecentLogs() {
  const list = queries.useQuery(
    "get",
    "/logs",
    { params: { query: { limit: READ, density: true } } },
    { refetchInterval: 30_000 },
  );
  const logs = [...(list.data?.logs ?? [])]
    .sort((one, other) => (other.last_append_at ?? "").localeCompare(one.last_append_at ?? ""))
    .slice(0, SHOWN);
  let content = <Skeleton rows={SHOWN} />;
  if (list.isError) content = <ErrorNotice error={list.error} retry={() => void list.refetch()} />;
  else if (list.isSuccess && logs.length === 0) content = <Empty title="No logs yet">Events are appended to logs.</Empty>;
  else if (logs.length > 0) {
    content = (
      <Table
        label="Recent logs"
        rows={logs}
        rowKey={(log) => log.log_id}
        columns={[
          {
            title: "Log",
            cell: (log) => (
              <Link to="/logs/$log" params={{ log: log.log_name }}>
                <b>{log.log_name}</b>
              </Link>
            ),
          },
          {
            title: "Last event",
            cell: (log) => <span className="soft">{log.last_append_at ? <Time at={log.last_append_at} /> : "none yet"}</span>,
          },
          { title: "Events", numeric: true, cell: (log) => count(log.event_count) },
          { title: "Size", numeric: true, optional: true, cell: (log) => bytes(log.event_bytes) },
          {
            title: "Last day",
            width: 130,
            optional: true,
            cell: (log) => log.last_day && <Spark values={log.last_day} label={`Events of ${log.log_name} by the hour`} />,
          },
        ]}
      />
    );
  }
  return (
    <Panel title="Recent logs" flush actions={<LinkButton to="/logs">All logs</LinkButton>}>
      {content}
    </Panel>
  );
}
