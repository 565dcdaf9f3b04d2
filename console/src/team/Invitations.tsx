/** Invitations that nobody has accepted yet. */

import { useMemo, useState } from "react";
import { queries, type Schemas } from "../api/client";
import { Confirm } from "../design/Confirm";
import { Panel } from "../design/Panel";
import { Empty, ErrorNotice, Skeleton } from "../design/Placeholder";
import { RowMenu } from "../design/RowMenu";
import type { Column } from "../design/Table";
import { Text } from "../design/Text";
import { Time } from "../design/Time";
import { VirtualTable } from "../design/VirtualTable";
import { Menu } from "../design/fields";
import { ROLE_NAMES } from "../session/roles";
import { say } from "../shell/say";
import { useTeamChange } from "./useTeamChange";

type Invitation = Schemas["InvitationBody"];

const PAGE = 100;

export function Invitations() {
  const [revoked, setRevoked] = useState<Invitation>();
  const [opened, setOpened] = useState(false);
  const changed = useTeamChange();
  const list = queries.useInfiniteQuery(
    "get",
    "/tenants/me/invitations",
    { params: { query: { limit: PAGE } } },
    {
      pageParamName: "cursor",
      initialPageParam: null,
      getNextPageParam: (page: Schemas["InvitationList"]) => page.next_cursor ?? undefined,
    },
  );
  const revoke = queries.useMutation("delete", "/tenants/me/invitations/{id}", {
    onSuccess: async () => {
      await changed();
      setOpened(false);
      say("The invitation is revoked");
    },
  });
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.invitations) ?? [], [list.data]);
  const columns: Column<Invitation>[] = [
    { title: "Email", cell: ({ email }) => <Text>{email}</Text> },
    { title: "Role", width: 130, cell: ({ role }) => ROLE_NAMES[role] },
    {
      title: "Ends",
      width: 130,
      optional: true,
      cell: ({ expires_at }) => (
        <span className="soft">
          <Time at={expires_at} />
        </span>
      ),
    },
    {
      title: <span className="spoken">Actions</span>,
      width: 60,
      numeric: true,
      cell: (invitation) => (
        <RowMenu label={`Actions for the invitation of ${invitation.email}`}>
          <Menu.Item
            color="red"
            onClick={() => {
              setRevoked(invitation);
              setOpened(true);
            }}
          >
            Revoke
          </Menu.Item>
        </RowMenu>
      ),
    },
  ];

  let content = <Skeleton rows={2} />;
  if (list.isError && rows.length === 0) {
    content = <ErrorNotice error={list.error} retry={() => void list.refetch()} />;
  } else if (list.isSuccess && rows.length === 0) {
    content = <Empty title="No open invitations">Whoever you invite stands here until they have accepted.</Empty>;
  } else if (rows.length > 0) {
    content = (
      <VirtualTable
        label="Invitations"
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
    <>
      <Panel title="Invitations" flush>
        {content}
      </Panel>
      {revoked && (
        <Confirm
          opened={opened}
          onClose={() => setOpened(false)}
          title="Revoke an invitation"
          action="Revoke"
          isPending={revoke.isPending}
          error={revoke.error}
          onConfirm={() => revoke.mutate({ params: { path: { id: revoked.id } } })}
        >
          The links for{" "}
          <b>
            <Text>{revoked.email}</Text>
          </b>{" "}
          work no more.
        </Confirm>
      )}
    </>
  );
}
