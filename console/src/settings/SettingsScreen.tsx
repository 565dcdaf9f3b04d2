/** The tenant: what it is, what it may have, and its end. */

import { Page } from "../design/Page";
import { Panel } from "../design/Panel";
import { useTenant } from "../session/tenant";
import { useCopyAs } from "../shell/copyAs";
import { pythonCall } from "../shell/pythonCall";
import { cli, curl, ts } from "../shell/snippets";
import { Closed } from "./Closed";
import { DeleteTenant } from "./DeleteTenant";
import { Quotas } from "./Quotas";
import { TenantFacts } from "./TenantFacts";

export function SettingsScreen() {
  const tenant = useTenant();
  useCopyAs({
    curl: curl({ path: "/tenants/me" }),
    ts: ts(`const { data } = await primatomic.api.GET("/tenants/me");`),
    python: pythonCall("tenants", "get_tenant"),
    cli: cli("tenant", "show"),
  });
  return (
    <Page name="Settings" title="Settings" sub="The tenant, and what it may have">
      <div className="stack">
        {tenant.deletion && <Closed deletion={tenant.deletion} />}
        <Panel title="Tenant">
          <TenantFacts tenant={tenant} />
        </Panel>
        <Panel title="Limits" flush>
          <Quotas quotas={tenant.quotas} rate={tenant.rate_limit} />
        </Panel>
        {tenant.may("owner") && !tenant.deletion && <DeleteTenant />}
      </div>
    </Page>
  );
}
