/** The list of keys, and what can be done to each. */

import { type ReactNode, useMemo, useState } from "react";
import { queries, type Schemas } from "../api/client";
import { Pill } from "../design/Pill";
import { Empty, ErrorNotice, Skeleton } from "../design/Placeholder";
import { RowMenu } from "../design/RowMenu";
import type { Column } from "../design/Table";
import { Text } from "../design/Text";
import { Time, useNow } from "../design/Time";
import { VirtualTable } from "../design/VirtualTable";
import { Menu } from "../design/fields";
import { actorName } from "../session/actor";
import { useNames } from "../session/names";
import { ROLE_NAMES } from "../session/roles";
import { includes, useTenant } from "../session/tenant";
import { nearness } from "./expiry";
import { KeyLogs } from "./KeyLogs";
import { RevokeKey } from "./RevokeKey";
import { RotateKey } from "./RotateKey";
import type { Secret } from "./SecretDialog";

export type Key = Schemas["KeyBody"];

const PAGE = 100;

interface Props {
  create: ReactNode;
  onSecret: (secret: Secret) => void;
}

export function KeyList({ create, onSecret }: Props) {
  const tenant = useTenant();
  const names = useNames();
  const [act, setAct] = useState<{ act: "rotate" | "revoke"; key: Key }>();
  const [opened, setOpened] = useState(false);
  const list = queries.useInfiniteQuery(
    "get",
    "/keys",
    { params: { query: { limit: PAGE } } },
    {
      pageParamName: "cursor",
      initialPageParam: null,
      getNextPageParam: (page: Schemas["KeyList"]) => page.next_cursor ?? undefined,
    },
  );
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.keys) ?? [], [list.data]);
  const open = (act: "rotate" | "revoke", key: Key) => () => {
    setAct({ act, key });
    setOpened(true);
  };

  const columns: Column<Key>[] = [
    {
      title: "Name",
      cell: (key) => (
        <b>
          <Text>{key.name}</Text>
        </b>
      ),
    },
    { title: "Role", width: 104, optional: true, cell: (key) => ROLE_NAMES[key.role] },
    { title: "Logs", width: 132, optional: true, cell: (key) => <KeyLogs logs={key.logs} /> },
    { title: "Made by", width: "minmax(0, 0.8fr)", optional: true, cell: (key) => <Maker actor={key.created_by} names={names} /> },
    { title: "Last used", width: 112, optional: true, cell: (key) => <Moment at={key.last_used_at} otherwise="never" /> },
    { title: "Rotated", width: 112, optional: true, cell: (key) => <Moment at={key.rotated_at} otherwise="not yet" /> },
    { title: "Expires", width: 128, cell: (key) => <Expires at={key.expires_at} /> },
    {
      title: <span className="spoken">Actions</span>,
      width: 60,
      numeric: true,
      cell: (key) => (
        <RowMenu label={`Actions for the key ${key.name}`}>
          {includes(tenant.role, key.role) && <Menu.Item onClick={open("rotate", key)}>Rotate</Menu.Item>}
          <Menu.Item color="red" onClick={open("revoke", key)}>
            Revoke
          </Menu.Item>
        </RowMenu>
      ),
    },
  ];
  if (list.isError && rows.length === 0) return <ErrorNotice error={list.error} retry={() => void list.refetch()} />;
  if (!list.isSuccess) return <Skeleton rows={6} />;
  if (rows.length === 0) {
    return (
      <Empty title="No keys yet" action={create}>
        A program needs a key to append events and to ask views. It may do no more than you.
      </Empty>
    );
  }
  return (
    <>
      <VirtualTable
        label="API keys"
        columns={columns}
        rows={rows}
        rowKey={(key) => key.id}
        hasMore={list.hasNextPage}
        isFetching={list.isFetching}
        fetchMore={() => void list.fetchNextPage()}
      />
      {act && (
        <>
          <RotateKey
            subject={act.key}
            opened={opened && act.act === "rotate"}
            onClose={() => setOpened(false)}
            onSecret={onSecret}
          />
          <RevokeKey subject={act.key} opened={opened && act.act === "revoke"} onClose={() => setOpened(false)} />
        </>
      )}
    </>
  );
}

function Maker({ actor, names }: { actor: Schemas["Actor"]; names: ReadonlyMap<string, string> }) {
  return (
    <span className="soft">
      <Text>{actorName(actor, names)}</Text>
    </span>
  );
}

function Moment({ at, otherwise }: { at: string | null | undefined; otherwise: string }) {
  return <span className="soft">{at ? <Time at={at} /> : otherwise}</span>;
}

function Expires({ at }: { at: string | null | undefined }) {
  const near = nearness(at, useNow());
  if (!at) return <span className="soft">never</span>;
  if (near === "expired") return <Pill tone="bad">expired</Pill>;
  if (near === "soon") {
    return (
      <Pill tone="warn">
        <Time at={at} />
      </Pill>
    );
  }
  return <Moment at={at} otherwise="" />;
}
