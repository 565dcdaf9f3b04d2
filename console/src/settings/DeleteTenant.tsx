/** Deletes the tenant: closed at once, and gone after some days of grace or now. */

import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { queries } from "../api/client";
import { Choice } from "../design/Choice";
import { Confirm } from "../design/Confirm";
import { Panel } from "../design/Panel";
import { useTenant } from "../session/tenant";

type When = "later" | "now";

const WHEN: { value: When; label: string; description: string }[] = [
  {
    value: "later",
    label: "After the days of grace",
    description: "Closed now: everything is refused but looking at it and restoring it. Deleted in seven days.",
  },
  { value: "now", label: "Now", description: "It can't be restored. Only the owner in person does this, never an API key." },
];

export function DeleteTenant() {
  const tenant = useTenant();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [opened, setOpened] = useState(false);
  const [when, setWhen] = useState<When>("later");
  const remove = queries.useMutation("delete", "/tenants/me", {
    onSuccess: async ({ job_id }) => {
      setOpened(false);
      if (when === "later") return client.invalidateQueries({ queryKey: ["get", "/tenants/me"] });
      // Nobody is a member any more: what is left to see needs no session.
      await navigate({ to: "/deleted", search: { job: job_id, tenant: tenant.short_name } });
      client.clear();
    },
  });
  return (
    <Panel title="Delete the tenant">
      <div className="row">
        <div className="grow">
          With all its logs, views, API keys and members. It is closed at once, and can be restored for seven days.
        </div>
        <Button color="red" variant="outline" onClick={() => setOpened(true)}>
          Delete the tenant
        </Button>
      </div>
      <Confirm
        opened={opened}
        onClose={() => setOpened(false)}
        title="Delete the tenant"
        action={when === "now" ? "Delete now" : "Close and delete"}
        name={tenant.short_name}
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ body: { short_name: tenant.short_name, immediately: when === "now" } })}
      >
        <div className="stack">
          <div>
            All logs with their events, views, API keys and members of <b>{tenant.short_name}</b> are deleted. Programs that
            use it stop working at once.
          </div>
          <Choice label="When" options={WHEN} value={when} onChange={setWhen} />
        </div>
      </Confirm>
    </Panel>
  );
}
