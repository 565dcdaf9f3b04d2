/** What a view is, and how to delete it. */

import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { queries } from "../api/client";
import { Confirm } from "../design/Confirm";
import { Copy } from "../design/Copy";
import { Panel } from "../design/Panel";
import { Time } from "../design/Time";
import { plural } from "../format";
import { useTenant } from "../session/tenant";
import { useCopyAs } from "../shell/copyAs";
import { Facts } from "../design/Facts";
import { deleteSnippets } from "./snippets";
import type { View } from "./standing";

export function SettingsTab({ log, view }: { log: string; view: View }) {
  const may = useTenant().may("member");
  useCopyAs(deleteSnippets(log, view.view_name));
  return (
    <>
      <Panel title="About">
        <Facts
          facts={[
            ["Name", <bdi>{view.view_name}</bdi>],
            [
              "Id",
              <>
                <span className="mono">{view.view_id}</span> <Copy value={view.view_id} label="Copy the id" />
              </>,
            ],
            ["Created", <Time at={view.created_at} />],
            ["Versions", plural(view.versions.length, "version")],
          ]}
        />
      </Panel>
      {may && <Delete log={log} view={view} />}
    </>
  );
}

function Delete({ log, view }: { log: string; view: View }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const path = { log, view: view.view_name };
  const remove = queries.useMutation("delete", "/logs/{log}/views/{view}", {
    onSuccess: async ({ job_id }) => {
      await navigate({ to: "/logs/$log/views/$view", params: path, search: { deletion: job_id }, replace: true });
      client.removeQueries({ queryKey: ["get", "/logs/{log}/views/{view}"] });
      await client.invalidateQueries({ queryKey: ["get", "/logs/{log}/views"] });
      await client.invalidateQueries({ queryKey: ["all views"] });
    },
  });
  return (
    <Panel title="Delete the view">
      <div className="row">
        <div className="grow soft">
          All versions, states and snapshots go, and can’t be had back. The events of the log stay: the view can be deployed
          anew.
        </div>
        <Button color="red" variant="outline" onClick={() => setAsking(true)}>
          Delete the view
        </Button>
      </div>
      <Confirm
        opened={isAsking}
        onClose={() => setAsking(false)}
        title="Delete the view"
        action="Delete the view"
        name={view.view_name}
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ params: { path } })}
      >
        Whoever asks <b>{view.view_name}</b> gets an error from now on.
      </Confirm>
    </Panel>
  );
}
