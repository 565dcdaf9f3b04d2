/** Deletes several logs: shows first what would be gone, then how far it is. */

import { Button, Group } from "@mantine/core";
import { PrimatomicError, unwrap } from "@primatomic/client";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, queries, type Schemas } from "../../api/client";
import { persist } from "../../api/persist";
import { Confirm } from "../../design/Confirm";
import { ErrorNotice } from "../../design/Placeholder";
import { Progress } from "../../design/Progress";
import { Modal } from "../../design/fields";
import { bytes, count, plural } from "../../format";
import css from "./DeleteLogs.module.css";

type Log = Schemas["LogBody"];

interface Work {
  /** Logs that are out of reach. */
  done: number;
  jobs: string[];
  error?: unknown;
}

interface Props {
  logs: readonly Log[];
  onDeleted: () => void;
  onClose: () => void;
}

export default function DeleteLogs({ logs: chosen, onDeleted, onClose }: Props) {
  // Those that were chosen when this was opened.
  const [logs] = useState(chosen);
  const [work, setWork] = useState<Work>();
  const client = useQueryClient();
  const controller = useRef(new AbortController());
  const start = async () => {
    const { signal } = controller.current;
    const jobs: string[] = [];
    setWork({ done: 0, jobs });
    try {
      for (const [at, log] of logs.entries()) {
        const job = await persist(() => remove(log.log_id, signal), { signal });
        if (job) jobs.push(job);
        setWork({ done: at + 1, jobs: [...jobs] });
      }
      onDeleted();
    } catch (error) {
      if (!signal.aborted) setWork((before) => before && { ...before, error });
    }
    await client.invalidateQueries({ queryKey: ["get", "/logs"] });
  };
  const events = logs.reduce((sum, log) => sum + log.event_count, 0);
  const size = logs.reduce((sum, log) => sum + log.event_bytes, 0);
  if (work) return <Running work={work} of={logs.length} onStop={() => controller.current.abort()} onClose={onClose} />;
  return (
    <Confirm
      opened
      onClose={onClose}
      title={`Delete ${plural(logs.length, "log")}`}
      action={`Delete ${plural(logs.length, "log")}`}
      name={`delete ${plural(logs.length, "log")}`}
      isPending={false}
      error={undefined}
      onConfirm={() => void start()}
    >
      <div>
        {plural(events, "event")} with {bytes(size)} and all views of these logs are out of reach at once. It can't be undone.
      </div>
      <ul className={css.names} tabIndex={0} aria-label="Logs that will be deleted">
        {logs.map((log) => (
          <li key={log.log_id}>
            <b className="ellipsis">{log.log_name}</b>
            <span className="soft num">{plural(log.event_count, "event")}</span>
            <span className="soft num">{bytes(log.event_bytes)}</span>
          </li>
        ))}
      </ul>
    </Confirm>
  );
}

/** The job that removes its bytes; none when the log was gone already. */
async function remove(log: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return (await unwrap(api.DELETE("/logs/{log}", { params: { path: { log } }, signal }))).job_id;
  } catch (error) {
    if (error instanceof PrimatomicError && error.status === 404) return undefined;
    throw error;
  }
}

const JOBS_MAX = 1000;

function Running({ work, of, onStop, onClose }: { work: Work; of: number; onStop: () => void; onClose: () => void }) {
  const [isStopped, setStopped] = useState(false);
  const isGone = work.done === of;
  const jobs = new Set(work.jobs);
  const list = queries.useQuery(
    "get",
    "/deletions",
    { params: { query: { limit: JOBS_MAX } } },
    { enabled: isGone, refetchInterval: 1000 },
  );
  const removed = (list.data?.deletions ?? []).filter((job) => jobs.has(job.job_id) && job.state === "done").length;
  const isEnded = isStopped || work.error !== undefined;
  useEffect(() => {
    if (isGone && removed === jobs.size) onClose();
  }, [isGone, removed, jobs.size, onClose]);
  return (
    <Modal opened onClose={onClose} title={`Deleting ${plural(of, "log")}`} closeOnClickOutside={isGone || isEnded}>
      <div className="stack">
        <Progress
          label="Logs out of reach"
          share={work.done / of}
          onCancel={
            isGone || isEnded
              ? undefined
              : () => {
                  setStopped(true);
                  onStop();
                }
          }
        >
          {count(work.done)} of {plural(of, "log")} out of reach
          {isStopped && ", then stopped"}
        </Progress>
        {isGone && (
          <Progress label="Bytes removed" share={jobs.size === 0 ? 1 : removed / jobs.size}>
            Bytes removed of {count(removed)} of {plural(jobs.size, "log")}
          </Progress>
        )}
        {work.error !== undefined && <ErrorNotice error={work.error} />}
        <Group justify="space-between" gap={8}>
          <span className="soft">{isGone && "This may be closed; the server goes on."}</span>
          <Button onClick={onClose} disabled={!isGone && !isEnded}>
            Close
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
