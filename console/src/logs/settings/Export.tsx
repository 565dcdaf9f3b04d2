/** All events of a log into a file. */

import { Button, Group } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { ErrorNotice } from "../../design/Placeholder";
import { Progress } from "../../design/Progress";
import { Modal } from "../../design/fields";
import { bytes, count, plural } from "../../format";
import { exportEvents, openSink } from "./export";

interface Work {
  sequence: number;
  bytes: number;
  isWaiting: boolean;
  isDone?: boolean;
  error?: unknown;
}

const START: Work = { sequence: 0, bytes: 0, isWaiting: false };

export default function Export({ log, onClose }: { log: Schemas["LogBody"]; onClose: () => void }) {
  const [work, setWork] = useState<Work>();
  // Events that come later are not a part of it.
  const [last] = useState(log.head_sequence);
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const start = async () => {
    const { signal } = (controller.current = new AbortController());
    const change = (change: Partial<Work>) => setWork((before) => ({ ...START, ...before, ...change }));
    try {
      const sink = await openSink(`${log.log_name}.ndjson`);
      setWork(START);
      await exportEvents(log.log_name, sink, {
        signal,
        last,
        onProgress: (sequence, bytes) => change({ sequence, bytes, isWaiting: false }),
        onWaiting: (isWaiting) => change({ isWaiting }),
      });
      change({ isDone: true });
    } catch (error) {
      // No file was chosen, or it was cancelled.
      const isCancelled = signal.aborted || (error instanceof DOMException && error.name === "AbortError");
      if (!isCancelled) change({ error });
    }
  };
  const cancel = () => {
    controller.current?.abort();
    setWork(undefined);
  };
  const isRunning = work && !work.isDone && work.error === undefined;
  return (
    <Modal opened onClose={onClose} title="Export">
      <div className="stack">
        <div>
          {plural(last, "event")} with {bytes(log.event_bytes)}, as newline-delimited JSON: a line for each event with its
          sequence, timestamp, encoding and data. Events that are appended from now on are not in it.
        </div>
        {isRunning && (
          <Progress label="Events written" share={last === 0 ? 1 : work.sequence / last} onCancel={cancel}>
            {count(work.sequence)} of {plural(last, "event")}, {bytes(work.bytes)}
            {work.isWaiting && ", waits for the server"}
          </Progress>
        )}
        {work?.isDone && (
          <div role="status">
            {plural(last, "event")} written, {bytes(work.bytes)}.
          </div>
        )}
        {work?.error !== undefined && <ErrorNotice error={work.error} />}
        {!isRunning && (
          <Group justify="flex-end" gap={8}>
            <Button onClick={onClose}>Close</Button>
            {!work?.isDone && (
              <Button variant="filled" color="dark" onClick={() => void start()} data-autofocus>
                Export
              </Button>
            )}
          </Group>
        )}
      </div>
    </Modal>
  );
}
