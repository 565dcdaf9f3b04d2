/** All logs of the tenant, found by the beginning of their names. */

import { Button } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { queries, type Schemas } from "../api/client";
import { TextInput } from "../design/fields";
import { SearchIcon } from "../design/icons";
import { LinkButton } from "../design/LinkButton";
import { Page } from "../design/Page";
import { Panel } from "../design/Panel";
import { Empty, ErrorNotice, Skeleton } from "../design/Placeholder";
import { Spark } from "../design/Spark";
import type { Column } from "../design/Table";
import { Time } from "../design/Time";
import { visible } from "../design/visible";
import { VirtualTable } from "../design/VirtualTable";
import { bytes, count, plural } from "../format";
import { useTenant } from "../session/tenant";
import { useCopyAs } from "../shell/copyAs";
import { named, pythonCall } from "../shell/pythonCall";
import { cli, curl, ts } from "../shell/snippets";
import { CreateLog } from "./CreateLog";
import { useSelection } from "./list/useSelection";
import css from "./LogsScreen.module.css";

const DeleteLogs = lazy(() => import("./list/DeleteLogs"));

const route = getRouteApi("/inside/logs");
const PAGE = 100;

type Log = Schemas["LogBody"];

const NAME: Column<Log> = {
  title: "Log",
  cell: (log) => (
    <Link to="/logs/$log" params={{ log: log.log_name }} title={log.description ? visible(log.description) : undefined}>
      <b>{log.log_name}</b>
    </Link>
  ),
};
const FIGURES: Column<Log>[] = [
  {
    title: "Last event",
    width: 120,
    cell: (log) => <span className="soft">{log.last_append_at ? <Time at={log.last_append_at} /> : "none yet"}</span>,
  },
  { title: "Events", width: 130, numeric: true, cell: (log) => count(log.event_count) },
  { title: "Size", width: 110, numeric: true, optional: true, cell: (log) => bytes(log.event_bytes) },
  {
    title: "Kept",
    width: 100,
    optional: true,
    cell: (log) => <span className="soft">{log.retention === "archive" ? "archive" : "hot"}</span>,
  },
];
const LAST_DAY: Column<Log> = {
  title: "Last day",
  width: 122,
  optional: true,
  cell: ({ last_day }) =>
    last_day && (
      <Spark values={last_day} label={plural(last_day.reduce((sum, events) => sum + events, 0), "event") + " in the last day"} />
    ),
};

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
    { params: { query: { limit: PAGE, prefix: prefix || undefined, density: true } } },
    {
      pageParamName: "cursor",
      // With `undefined` the first page would be asked for as page 0.
      initialPageParam: null,
      getNextPageParam: (page: Schemas["LogList"]) => page.next_cursor ?? undefined,
      placeholderData: keepPreviousData,
    },
  );
  const rows = useMemo(() => list.data?.pages.flatMap((page): Log[] => page.logs) ?? [], [list.data]);
  const selection = useSelection(rows);
  const [isDeleted, setDeleted] = useState(false);
  const isCounted = rows.some((log) => log.last_day);
  const columns = [
    ...(tenant.may("member") ? [selection.column] : []),
    NAME,
    ...FIGURES,
    ...(isCounted ? [LAST_DAY] : []),
  ];
  useCopyAs({
    curl: curl({ path: "/logs", query: { prefix } }),
    ts: ts(`const { data } = await primatomic.api.GET("/logs", { params: { query: { prefix: ${JSON.stringify(prefix)} } } });`),
    python: pythonCall("logs", "list_logs", ...named({ prefix })),
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
        columns={columns}
        rows={rows}
        rowKey={(log) => log.log_id}
        isSelected={selection.has}
        hasMore={list.hasNextPage}
        isFetching={list.isFetching}
        fetchMore={() => void list.fetchNextPage()}
      />
    );
  }
  return (
    <Page name="Logs" title="Logs" sub={list.hasNextPage === false && rows.length > 0 ? `${count(rows.length)} shown` : ""} actions={create}>
      <div className="stack">
        <div className={css.bar}>
          <TextInput
            aria-label="Logs that begin with"
            placeholder="Begins with…"
            leftSection={<SearchIcon />}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              look(event.currentTarget.value.trim());
            }}
            className={css.search}
          />
          {selection.selected.length > 0 && (
            <div className={css.selected} role="group" aria-label="Selected logs">
              <span className="soft">{count(selection.selected.length)} selected</span>
              <Button onClick={selection.clear}>Clear</Button>
              <Button c="var(--bad)" onClick={() => setDeleted(true)}>
                Delete…
              </Button>
            </div>
          )}
        </div>
        <Panel flush>{content}</Panel>
      </div>
      <Suspense>
        {isDeleted && <DeleteLogs logs={selection.selected} onDeleted={selection.clear} onClose={() => setDeleted(false)} />}
      </Suspense>
      <CreateLog
        opened={search.new === "log" && tenant.may("member")}
        onClose={() => void navigate({ to: "/logs", search: { prefix: search.prefix } })}
      />
    </Page>
  );
}
