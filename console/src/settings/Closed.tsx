/** A tenant that is closed: until when it can be restored, how far its deletion is, and the way back. */

import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { queries, type Schemas } from "../api/client";
import { Facts } from "../design/Facts";
import { Id } from "../design/Id";
import { Panel } from "../design/Panel";
import { Pill } from "../design/Pill";
import { ErrorNotice } from "../design/Placeholder";
import { Time, useNow } from "../design/Time";
import { absolute } from "../format";
import { useZone } from "../preferences";
import { useTenant } from "../session/tenant";
import { say } from "../shell/say";

type Deletion = Schemas["TenantDeletionBody"];

export function Closed({ deletion }: { deletion: Deletion }) {
  const tenant = useTenant();
  const client = useQueryClient();
  const [zone] = useZone();
  const isOver = new Date(deletion.delete_at) <= useNow();
  const restore = queries.useMutation("post", "/tenants/me/restore", {
    onSuccess: async () => {
      await client.invalidateQueries();
      say(`${tenant.short_name} is restored`);
    },
  });
  return (
    <Panel
      title={
        <span className="row">
          This tenant is closed <Pill tone="bad">{deletion.state}</Pill>
        </span>
      }
    >
      <div className="stack">
        <div>
          {isOver ? (
            "It is being deleted, and can't be restored any more."
          ) : (
            <>
              Everything is refused until it is restored. It is deleted for good <Time at={deletion.delete_at} />.
            </>
          )}
        </div>
        <Facts
          facts={[
            ["Asked for", absolute(new Date(deletion.requested_at), zone)],
            ["Can be restored until", absolute(new Date(deletion.delete_at), zone)],
            ["Job", <Id key="id" id={deletion.job_id} label="Copy the id" />],
          ]}
        />
        {restore.isError && <ErrorNotice error={restore.error} />}
        {!isOver &&
          (tenant.may("owner") ? (
            <div>
              <Button variant="filled" color="dark" onClick={() => restore.mutate({})} loading={restore.isPending}>
                Restore the tenant
              </Button>
            </div>
          ) : (
            <div className="soft">The owner can restore it.</div>
          ))}
      </div>
    </Panel>
  );
}
