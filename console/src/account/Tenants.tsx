/** The tenants of the person, and going to another one without logging in again. */

import { Button } from "@mantine/core";
import { queries, type Schemas } from "../api/client";
import { Pill } from "../design/Pill";
import { ErrorNotice } from "../design/Placeholder";
import { type Column, Table } from "../design/Table";
import { Text } from "../design/Text";
import { ROLE_NAMES } from "../session/roles";
import { useTenant } from "../session/tenant";

type Membership = Schemas["MembershipBody"];

export function Tenants({ tenants }: { tenants: readonly Membership[] }) {
  const own = useTenant();
  const change = queries.useMutation("post", "/account/tenant", {
    // A new page, so that nothing of this tenant is left.
    onSuccess: () => window.location.assign("/console/"),
  });
  const going = change.variables?.body.tenant_id;
  const columns: Column<Membership>[] = [
    {
      title: "Tenant",
      cell: ({ short_name }) => (
        <b>
          <Text>{short_name}</Text>
        </b>
      ),
    },
    { title: "Your role", width: 130, cell: ({ role }) => ROLE_NAMES[role] },
    {
      title: <span className="spoken">Actions</span>,
      width: 130,
      numeric: true,
      cell: ({ tenant_id, short_name }) =>
        tenant_id === own.tenant_id ? (
          <Pill tone="ok">here</Pill>
        ) : (
          <Button
            onClick={() => change.mutate({ body: { tenant_id } })}
            loading={change.isPending && going === tenant_id}
            aria-label={`Go to ${short_name}`}
          >
            Go there
          </Button>
        ),
    },
  ];
  return (
    <>
      {change.isError && <ErrorNotice error={change.error} />}
      <Table label="Tenants" columns={columns} rows={tenants} rowKey={({ tenant_id }) => tenant_id} />
    </>
  );
}
