/** How far the deletion of a tenant is, for whoever has its id: no member is left who could log in. */

import { getRouteApi, Link } from "@tanstack/react-router";
import { queries, type Schemas } from "../api/client";
import { Facts } from "../design/Facts";
import { ErrorNotice, Skeleton } from "../design/Placeholder";
import { Time } from "../design/Time";
import { count } from "../format";
import { Card } from "../session/Card";

const route = getRouteApi("/deleted");

const REFRESH_MS = 2_000;

const STEPS: Record<Schemas["DeletionStepName"], string> = {
  scheduled: "waits for its time",
  logs: "deleting the logs",
  records: "deleting what is known of the tenant",
  bytes: "deleting the events",
  archive: "deleting the archive",
  backups: "waiting for the backups to run out",
  done: "nothing is left",
};

export function DeletedScreen() {
  const { job = "", tenant } = route.useSearch();
  const progress = queries.useQuery(
    "get",
    "/tenant-deletions/{id}",
    { params: { path: { id: job } } },
    { refetchInterval: ({ state }) => (state.data?.state === "done" || state.error ? false : REFRESH_MS) },
  );
  let content = <Skeleton rows={4} height={26} />;
  if (progress.isError && !progress.data) content = <ErrorNotice error={progress.error} retry={() => void progress.refetch()} />;
  else if (progress.data) content = <Progress deletion={progress.data} />;
  return (
    <Card title={`${tenant ?? "The tenant"} is deleted`} below={<Link to="/signup">Sign up again</Link>}>
      {content}
    </Card>
  );
}

function Progress({ deletion }: { deletion: Schemas["TenantDeletionBody"] }) {
  return (
    <div role="status">
      <Facts
        facts={[
          ["Now", STEPS[deletion.step]],
          ["Since", <Time key="since" at={deletion.step_since} />],
          ["Logs left", count(deletion.logs_left)],
          ["To be erased", count(deletion.removals_left)],
          ...(deletion.finished_at ? ([["Finished", <Time key="finished" at={deletion.finished_at} />]] as const) : []),
        ]}
      />
      <div className="soft" style={{ marginTop: 12 }}>
        Keep this address to look again later.
      </div>
    </div>
  );
}
