/** A session is never more than it was opened as: whoever was given a higher role takes it up here. */

import { Button } from "@mantine/core";
import { queries } from "../api/client";
import { Panel } from "../design/Panel";
import { ErrorNotice } from "../design/Placeholder";
import { ROLE_NAMES } from "../session/roles";
import { includes, useTenant } from "../session/tenant";

export function HigherRole() {
  const tenant = useTenant();
  const account = queries.useQuery("get", "/account");
  // The same tenant, as what one is in it now.
  const enter = queries.useMutation("post", "/account/tenant", { onSuccess: () => window.location.reload() });
  const given = account.data?.tenants.find(({ tenant_id }) => tenant_id === tenant.tenant_id)?.role;
  if (!given || includes(tenant.role, given)) return null;
  return (
    <Panel>
      <div className="row">
        <div className="grow">
          You were given the role <b>{ROLE_NAMES[given]}</b>. This session was opened before that.
        </div>
        <Button
          variant="filled"
          color="dark"
          loading={enter.isPending}
          onClick={() => enter.mutate({ body: { tenant_id: tenant.tenant_id } })}
        >
          Use the new role
        </Button>
      </div>
      {enter.isError && <ErrorNotice error={enter.error} />}
    </Panel>
  );
}
