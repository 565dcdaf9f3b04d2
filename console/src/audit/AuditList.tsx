/** The changes, one line each; a line opens what is known of it. */

import { Link } from "@tanstack/react-router";
import { Panel } from "../design/Panel";
import { Empty, ErrorNotice, Skeleton } from "../design/Placeholder";
import type { Column } from "../design/Table";
import { Time } from "../design/Time";
import { VirtualTable } from "../design/VirtualTable";
import css from "./Audit.module.css";
import { type Filter, toEvent } from "./filter";
import { Sentence } from "./Sentence";
import type { AuditEvent } from "./sentences";
import { useAudit, useAuditNames } from "./useAudit";

export function AuditList({ filter }: { filter: Filter }) {
  const { list, rows, isSearching } = useAudit(filter);
  const names = useAuditNames(rows);
  const columns: Column<AuditEvent>[] = [
    {
      title: "What",
      cell: (event) => (
        <Link to="/audit" search={{ ...filter, event: toEvent(event) }} resetScroll={false} className={css.what}>
          <Sentence event={event} names={names} />
        </Link>
      ),
    },
    {
      title: "When",
      width: 130,
      numeric: true,
      cell: ({ at }) => (
        <span className="soft">
          <Time at={at} />
        </span>
      ),
    },
  ];
  let content = <Skeleton rows={10} />;
  if (list.isError && rows.length === 0) {
    content = <ErrorNotice error={list.error} retry={() => void list.refetch()} />;
  } else if (!isSearching && rows.length === 0) {
    content = (
      <Empty title="Nothing matches">
        No change of this kind was made in this time. Every change of people, keys, logs, views and settings stands here.
      </Empty>
    );
  } else if (rows.length > 0) {
    content = (
      <VirtualTable
        label="Changes"
        columns={columns}
        rows={rows}
        rowKey={({ sequence }) => String(sequence)}
        hasMore={list.hasNextPage}
        isFetching={list.isFetching}
        fetchMore={() => void list.fetchNextPage()}
      />
    );
  }
  return <Panel flush>{content}</Panel>;
}
