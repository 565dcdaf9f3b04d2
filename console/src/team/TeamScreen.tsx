/** The people of the tenant, and those who are invited. */

import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { queries } from "../api/client";
import { LinkButton } from "../design/LinkButton";
import { Page } from "../design/Page";
import { count, plural } from "../format";
import { ROLE_NAMES } from "../session/roles";
import { useTenant } from "../session/tenant";
import { useCopyAs } from "../shell/copyAs";
import { cli, curl, ts } from "../shell/snippets";
import { pythonCall } from "../shell/pythonCall";
import { HigherRole } from "./HigherRole";
import { Invitations } from "./Invitations";
import { Invite } from "./Invite";
import { Members } from "./Members";

const route = getRouteApi("/inside/team");

/** How soon a change of the own role by somebody else is seen. */
const ROLE_MS = 10_000;

export function TeamScreen() {
  const { invite } = route.useSearch();
  const navigate = useNavigate();
  const tenant = useTenant();
  const mayInvite = tenant.may("admin");
  queries.useQuery("get", "/tenants/me", {}, { refetchInterval: ROLE_MS, staleTime: 0 });
  const { used, limit } = tenant.quotas.members;
  useCopyAs({
    curl: curl({ path: "/tenants/me/members" }),
    ts: ts(`const { data } = await primatomic.api.GET("/tenants/me/members");`),
    python: pythonCall("people", "list_members"),
    cli: cli("member", "list"),
  });
  const close = () => void navigate({ to: "/team", search: {} });
  useEffect(() => {
    if (invite && !mayInvite) close();
  });
  return (
    <Page
      name="Team"
      title="Team"
      sub={
        <>
          You are <b>{ROLE_NAMES[tenant.role]}</b>
          {typeof used === "number" && ` · ${count(used)} of ${plural(limit, "member")}`}
        </>
      }
      actions={
        mayInvite && (
          <LinkButton variant="filled" color="dark" to="/team" search={{ invite: "now" }}>
            Invite
          </LinkButton>
        )
      }
    >
      <div className="stack">
        <HigherRole />
        <Members />
        {mayInvite && <Invitations />}
      </div>
      {mayInvite && <Invite opened={invite !== undefined} onClose={close} />}
    </Page>
  );
}
