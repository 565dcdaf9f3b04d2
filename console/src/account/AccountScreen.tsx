/** The person who is logged in: their password, second factor, sessions and tenants. */

import { queries } from "../api/client";
import { Facts } from "../design/Facts";
import { Page } from "../design/Page";
import { Panel } from "../design/Panel";
import { Pill } from "../design/Pill";
import { ErrorNotice, Skeleton } from "../design/Placeholder";
import { Text } from "../design/Text";
import { absolute } from "../format";
import { useZone } from "../preferences";
import { useCopyAs } from "../shell/copyAs";
import { pythonCall } from "../shell/pythonCall";
import { curl, ts } from "../shell/snippets";
import { Password } from "./Password";
import { SecondFactor } from "./SecondFactor";
import { Sessions } from "./Sessions";
import { Tenants } from "./Tenants";

export function AccountScreen() {
  const [zone] = useZone();
  const account = queries.useQuery("get", "/account");
  useCopyAs({
    curl: curl({ path: "/account" }),
    ts: ts(`const { data } = await primatomic.api.GET("/account");`),
    python: pythonCall("account", "get_account"),
  });
  let content = <Skeleton rows={3} height={26} />;
  if (account.isError && !account.data) content = <ErrorNotice error={account.error} retry={() => void account.refetch()} />;
  else if (account.data) {
    const { email, email_verified, created_at } = account.data;
    content = (
      <Facts
        facts={[
          [
            "Email",
            <span key="email" className="row">
              <b>
                <Text>{email}</Text>
              </b>
              {email_verified ? <Pill tone="ok">verified</Pill> : <Pill tone="warn">not verified</Pill>}
            </span>,
          ],
          ["Registered", absolute(new Date(created_at), zone)],
        ]}
      />
    );
  }
  return (
    <Page name="Your account" title="Your account" sub="You, in all of your tenants">
      <div className="stack">
        <Panel title="You">{content}</Panel>
        <Panel title="Password">
          <Password />
        </Panel>
        {account.data && (
          <>
            <Panel title="Second factor">
              <SecondFactor account={account.data} />
            </Panel>
            <Panel title="Tenants" flush>
              <Tenants tenants={account.data.tenants} />
            </Panel>
          </>
        )}
        <Sessions />
      </div>
    </Page>
  );
}
