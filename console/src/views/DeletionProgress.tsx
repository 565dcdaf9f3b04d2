/** How far the bytes of something deleted are removed. */

import { queries, type Schemas } from "../api/client";
import { Panel } from "../design/Panel";
import { Pill } from "../design/Pill";
import { ErrorNotice, Skeleton } from "../design/Placeholder";
import { Time } from "../design/Time";
import css from "./DeletionProgress.module.css";

type Step = Schemas["DeletionStepName"];

const STEPS: Partial<Record<Step, string>> = {
  bytes: "Removing its states and components",
  archive: "Removing its events from the archive",
  backups: "Waiting for the last backup that holds it to expire",
  done: "Nothing of it is left",
};

export function DeletionProgress({ job }: { job: string }) {
  const deletion = queries.useQuery(
    "get",
    "/deletions/{id}",
    { params: { path: { id: job } } },
    { refetchInterval: ({ state }) => (state.data?.state === "done" ? false : 1000) },
  );
  if (deletion.isError && !deletion.data) return <ErrorNotice error={deletion.error} retry={() => void deletion.refetch()} />;
  if (!deletion.data) return <Skeleton rows={3} />;
  const { data } = deletion;
  const steps: Step[] = data.kind === "log" ? ["bytes", "archive", "backups", "done"] : ["bytes", "backups", "done"];
  const current = steps.indexOf(data.step);
  return (
    <Panel title="Deletion">
      <ol className={css.steps}>
        {steps.map((step, at) => {
          const isDone = at < current || data.state === "done";
          return (
            <li key={step} aria-current={at === current ? "step" : undefined}>
              <Pill tone={isDone ? "ok" : at === current ? "accent" : "quiet"}>
                {isDone ? "done" : at === current ? "now" : "later"}
              </Pill>
              <span className={at > current ? "faint" : undefined}>{STEPS[step]}</span>
            </li>
          );
        })}
      </ol>
      <div className="soft">
        Asked for <Time at={data.requested_at} />. It was out of reach at once; this page may be closed.
      </div>
    </Panel>
  );
}
