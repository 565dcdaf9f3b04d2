/** The members, and what the own role may do to each. */

import { useMemo, useState } from "react";
import { queries, type Schemas } from "../api/client";
import { Panel } from "../design/Panel";
import { ErrorNotice, Skeleton } from "../design/Placeholder";
import { RowMenu } from "../design/RowMenu";
import type { Column } from "../design/Table";
import { Text } from "../design/Text";
import { Time } from "../design/Time";
import { VirtualTable } from "../design/VirtualTable";
import { Menu } from "../design/fields";
import { actsOn, ROLE_NAMES } from "../session/roles";
import { useTenant } from "../session/tenant";
import { ChangeRole } from "./ChangeRole";
import { HandOver } from "./HandOver";
import { RemoveMember } from "./RemoveMember";

export type Member = Schemas["MemberBody"];

type Act = "role" | "remove" | "hand-over";

const PAGE = 200;
/** How soon it is seen what others did. */
const REFRESH_MS = 10_000;

export function Members() {
  const tenant = useTenant();
  const [act, setAct] = useState<{ act: Act; member: Member }>();
  const [opened, setOpened] = useState(false);
  const list = queries.useInfiniteQuery(
    "get",
    "/tenants/me/members",
    { params: { query: { limit: PAGE } } },
    {
      pageParamName: "cursor",
      initialPageParam: null,
      getNextPageParam: (page: Schemas["MemberList"]) => page.next_cursor ?? undefined,
      refetchInterval: REFRESH_MS,
    },
  );
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.members) ?? [], [list.data]);
  const open = (act: Act, member: Member) => () => {
    setAct({ act, member });
    setOpened(true);
  };

  const columns: Column<Member>[] = [
    { title: "Email", cell: (member) => <Text>{member.email}</Text> },
    { title: "Role", width: 130, cell: (member) => ROLE_NAMES[member.role] },
    {
      title: "Since",
      width: 130,
      optional: true,
      cell: (member) => (
        <span className="soft">
          <Time at={member.created_at} />
        </span>
      ),
    },
  ];
  if (tenant.may("admin")) {
    columns.push({
      title: <span className="spoken">Actions</span>,
      width: 60,
      numeric: true,
      cell: (member) =>
        actsOn(tenant.role, member.role) && (
          <RowMenu label={`Actions for ${member.email}`}>
            <Menu.Item onClick={open("role", member)}>Change the role</Menu.Item>
            {tenant.may("owner") && <Menu.Item onClick={open("hand-over", member)}>Hand the tenant over</Menu.Item>}
            <Menu.Divider />
            <Menu.Item color="red" onClick={open("remove", member)}>
              Remove
            </Menu.Item>
          </RowMenu>
        ),
    });
  }

  let content = <Skeleton rows={4} />;
  if (list.isError && rows.length === 0) {
    content = <ErrorNotice error={list.error} retry={() => void list.refetch()} />;
  } else if (list.isSuccess) {
    content = (
      <VirtualTable
        label="Members"
        columns={columns}
        rows={rows}
        rowKey={(member) => member.user_id}
        hasMore={list.hasNextPage}
        isFetching={list.isFetching}
        fetchMore={() => void list.fetchNextPage()}
      />
    );
  }
  const dialog = (of: Act) => ({
    opened: opened && act?.act === of && actsOn(tenant.role, act.member.role),
    onClose: () => setOpened(false),
  });
  return (
    <>
      <Panel title="Members" flush>
        {content}
      </Panel>
      {act && (
        <>
          <ChangeRole key={act.member.user_id} member={act.member} {...dialog("role")} />
          <RemoveMember member={act.member} {...dialog("remove")} />
          <HandOver member={act.member} {...dialog("hand-over")} />
        </>
      )}
    </>
  );
}
