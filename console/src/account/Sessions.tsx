/** The sessions of the person, in all tenants: where they were opened, when they end, and ending them now. */

import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { queries, type Schemas } from "../api/client";
import { Confirm } from "../design/Confirm";
import { Panel } from "../design/Panel";
import { Pill } from "../design/Pill";
import { ErrorNotice, Skeleton } from "../design/Placeholder";
import type { Column } from "../design/Table";
import { Text } from "../design/Text";
import { Time } from "../design/Time";
import { VirtualTable } from "../design/VirtualTable";
import { say } from "../shell/say";
import { browserName } from "./browserName";

type Session = Schemas["Session"];

const PAGE = 100;

export function Sessions() {
  const client = useQueryClient();
  const [asks, setAsks] = useState(false);
  const list = queries.useInfiniteQuery(
    "get",
    "/account/sessions",
    { params: { query: { limit: PAGE } } },
    {
      pageParamName: "cursor",
      initialPageParam: null,
      getNextPageParam: (page: Schemas["SessionList"]) => page.next_cursor ?? undefined,
    },
  );
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.sessions) ?? [], [list.data]);
  const others = rows.filter(({ current }) => !current);
  const end = queries.useMutation("delete", "/account/sessions/{id}");
  const [ending, setEnding] = useState<{ isPending: boolean; error?: unknown }>({ isPending: false });
  const endAll = async (sessions: readonly Session[]) => {
    setEnding({ isPending: true });
    try {
      for (const { id } of sessions) await end.mutateAsync({ params: { path: { id } } });
      setEnding({ isPending: false });
      setAsks(false);
      say(sessions.length === 1 ? "The session has ended" : "Your other sessions have ended");
    } catch (error) {
      setEnding({ isPending: false, error });
    }
    await client.invalidateQueries({ queryKey: ["get", "/account/sessions"] });
  };

  const columns: Column<Session>[] = [
    {
      title: "Where",
      cell: ({ user_agent, network, current }) => (
        <>
          <b>
            <Text>{browserName(user_agent)}</Text>
          </b>{" "}
          {network && (
            <span className="soft">
              <Text>{network}</Text>
            </span>
          )}{" "}
          {current && <Pill tone="ok">this one</Pill>}
        </>
      ),
    },
    { title: "Tenant", width: 150, optional: true, cell: ({ short_name }) => <Text>{short_name}</Text> },
    { title: "Opened", width: 120, optional: true, cell: ({ created_at }) => <Moment at={created_at} /> },
    { title: "Ends", width: 110, cell: ({ expires_at }) => <Moment at={expires_at} /> },
    {
      title: <span className="spoken">Actions</span>,
      width: 90,
      numeric: true,
      cell: (session) =>
        !session.current && (
          <Button onClick={() => void endAll([session])} disabled={ending.isPending} aria-label={`End the session of ${browserName(session.user_agent)}`}>
            End
          </Button>
        ),
    },
  ];
  let content = <Skeleton rows={3} />;
  if (list.isError && rows.length === 0) content = <ErrorNotice error={list.error} retry={() => void list.refetch()} />;
  else if (list.isSuccess) {
    content = (
      <VirtualTable
        label="Sessions"
        columns={columns}
        rows={rows}
        rowKey={({ id }) => id}
        hasMore={list.hasNextPage}
        isFetching={list.isFetching}
        fetchMore={() => void list.fetchNextPage()}
      />
    );
  }
  return (
    <Panel title="Sessions" flush actions={others.length > 0 && <Button onClick={() => setAsks(true)}>End all others</Button>}>
      {ending.error !== undefined && !asks && <ErrorNotice error={ending.error} />}
      {content}
      <Confirm
        opened={asks}
        onClose={() => setAsks(false)}
        title="End all other sessions"
        action="End them"
        isPending={ending.isPending}
        error={ending.error}
        onConfirm={() => void endAll(others)}
      >
        Every browser but this one, and every command line that is logged in as you, has to log in again. API keys go on
        working.
      </Confirm>
    </Panel>
  );
}

function Moment({ at }: { at: string }) {
  return (
    <span className="soft">
      <Time at={at} />
    </span>
  );
}
