/** What the tenant is called, by people and by programs. */

import { Facts } from "../design/Facts";
import { Id } from "../design/Id";
import { absolute } from "../format";
import { useZone } from "../preferences";
import { ROLE_NAMES } from "../session/roles";
import type { useTenant } from "../session/tenant";

export function TenantFacts({ tenant }: { tenant: ReturnType<typeof useTenant> }) {
  const [zone] = useZone();
  return (
    <Facts
      facts={[
        ["Name", <b key="name">{tenant.short_name}</b>],
        ["Id", <Id key="id" id={tenant.tenant_id} label="Copy the id" />],
        ["Created", absolute(new Date(tenant.created_at), zone)],
        ["Your role", ROLE_NAMES[tenant.role]],
      ]}
    />
  );
}
