/** All logs of the tenant, found by the beginning of their names. */

import { useDebouncedCallback } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { queries, type Schemas } from "../api/client";
import { TextInput } from "../design/fields";
import { SearchIcon } from "../design/icons";
import { LinkButton } from "../design/LinkButton";
import { Page } from "../design/Page";
import { Panel } from "../design/Panel";
import { Empty, ErrorNotice, Skeleton } from "../design/Placeholder";
import type { Column } from "../design/Table";
import { Time } from "../design/Time";
import { VirtualTable } from "../design/VirtualTable";
import { bytes, count } from "../format";
import { useTenant } from "../session/tenant";
import { useCopyAs } from "../shell/copyAs";
import { cli, curl, python, ts } from "../shell/snippets";
import { CreateLog } from "./CreateLog";

const route = getRouteApi("/inside/logs");
const PAGE = 100;

type Log = Schemas["LogBody"];

const COLUMNS: Column<Log>[] = [
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
    width: 120,
    cell: (log) => <span className="soft">{log.last_append_at ? <Time at={log.last_append_at} /> : "none yet"}</span>,
  },
  { title: "Events", width: 130, numeric: true, cell: (log) => count(log.event_count) },
  { title: "Size", width: 110, numeric: true, optional: true, cell: (log) => bytes(log.event_bytes) },
  {
    title: "Kept",
    width: 110,
    optional: true,
    cell: (log) => <span className="soft">{log.retention === "archive" ? "archive" : "hot"}</span>,
  },
];

export function LogsScreen() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const tenant = useTenant();
  const prefix = search.prefix ?? "";
  const [typed, setTyped] = useState(prefix);
  const look = useDebouncedCallback(
    (prefix: string) => void navigate({ to: "/logs", search: { prefix: prefix || undefined }, replace: true }),
    150,
  );
  const list = queries.useInfiniteQuery(
    "get",
    "/logs",
    { params: { query: { limit: PAGE, prefix: prefix || undefined } } },
    {
      pageParamName: "cursor",
      initialPageParam: undefined,
      getNextPageParam: (page: Schemas["LogList"]) => page.next_cursor ?? undefined,
      placeholderData: keepPreviousData,
    },
  );
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.logs) ?? [], [list.data]);
  useCopyAs({
    curl: curl({ path: "/logs", query: { prefix } }),
    ts: ts(`const { data } = await primatomic.api.GET("/logs", { params: { query: { prefix: ${JSON.stringify(prefix)} } } });`),
    python: python("for log in primatomic.logs():", "    print(log.log_name)"),
    cli: cli("log", "list", ...(prefix ? ["--prefix", prefix] : [])),
  });

  const create = tenant.may("member") && (
    <LinkButton variant="filled" color="dark" to="/logs" search={{ prefix: search.prefix, new: "log" }}>
      Create a log
    </LinkButton>
  );
  let content = <Skeleton rows={8} />;
  if (list.isError && rows.length === 0) {
    content = <ErrorNotice error={list.error} retry={() => void list.refetch()} />;
  } else if (list.isSuccess && rows.length === 0) {
    content = prefix ? (
      <Empty title={`No log begins with “${prefix}”`}>Names are compared letter by letter, from their beginning.</Empty>
    ) : (
      <Empty title="No logs yet" action={create}>
        A log is an append-only sequence of events: think one log for each of your customers.
      </Empty>
    );
  } else if (rows.length > 0) {
    content = (
      <VirtualTable
        label="Logs"
        columns={COLUMNS}
        rows={rows}
        rowKey={(log) => log.log_id}
        hasMore={list.hasNextPage}
        isFetching={list.isFetching}
        fetchMore={() => void list.fetchNextPage()}
      />
    );
  }
  return (
    <Page name="Logs" title="Logs" sub={list.hasNextPage === false && rows.length > 0 ? `${count(rows.length)} shown` : ""} actions={create}>
      <div className="stack">
        <TextInput
          aria-label="Logs that begin with"
          placeholder="Begins with…"
          leftSection={<SearchIcon />}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            look(event.currentTarget.value.trim());
          }}
          maw={360}
        />
        <Panel flush>{content}</Panel>
      </div>
      <CreateLog
        opened={search.new === "log" && tenant.may("member")}
        onClose={() => void navigate({ to: "/logs", search: { prefix: search.prefix } })}
      />
    </Page>
  );
}
