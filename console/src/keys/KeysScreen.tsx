/** The API keys: all for admins, the own ones for others. */

import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { LinkButton } from "../design/LinkButton";
import { Page } from "../design/Page";
import { Panel } from "../design/Panel";
import { count, plural } from "../format";
import { useTenant } from "../session/tenant";
import { useCopyAs } from "../shell/copyAs";
import { pythonCall } from "../shell/pythonCall";
import { cli, curl, ts } from "../shell/snippets";
import { CreateKey } from "./CreateKey";
import { KeyList } from "./KeyList";
import { type Secret, SecretDialog } from "./SecretDialog";

const route = getRouteApi("/inside/keys");

export function KeysScreen() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const tenant = useTenant();
  const [secret, setSecret] = useState<Secret>();
  const { used, limit } = tenant.quotas.keys;
  useCopyAs({
    curl: curl({ path: "/keys" }),
    ts: ts(`const { data } = await primatomic.api.GET("/keys");`),
    python: pythonCall("keys", "list_keys"),
    cli: cli("key", "list"),
  });
  const create = tenant.may("member") && (
    <LinkButton variant="filled" color="dark" to="/keys" search={{ new: "key" }}>
      Create a key
    </LinkButton>
  );
  const quota = typeof used === "number" && `${count(used)} of ${plural(limit, "key")}`;
  return (
    <Page
      name="API keys"
      title="API keys"
      sub={tenant.may("admin") ? quota : "Those that you made"}
      actions={create}
    >
      <Panel flush>
        <KeyList create={create} onSecret={setSecret} />
      </Panel>
      <CreateKey
        opened={search.new === "key" && tenant.may("member")}
        onClose={() => void navigate({ to: "/keys", search: {} })}
        onSecret={setSecret}
      />
      {secret && <SecretDialog secret={secret} onClose={() => setSecret(undefined)} />}
    </Page>
  );
}
