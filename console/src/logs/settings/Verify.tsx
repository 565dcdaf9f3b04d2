/** Checks in this browser that no event was changed: recomputes the hash chain, and compares its end. */

import { Button, Group } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { Pill } from "../../design/Pill";
import { ErrorNotice } from "../../design/Placeholder";
import { Progress } from "../../design/Progress";
import { Modal } from "../../design/fields";
import { count, plural } from "../../format";
import { type Verified, verify } from "./verify";

interface Work {
  done: number;
  of: number;
  isWaiting: boolean;
  result?: Verified;
  error?: unknown;
}

export default function Verify({ log, onClose }: { log: Schemas["LogBody"]; onClose: () => void }) {
  const [work, setWork] = useState<Work>();
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  const start = async () => {
    const { signal } = (controller.current = new AbortController());
    const change = (change: Partial<Work>) =>
      setWork((before) => ({ ...(before ?? { done: 0, of: log.head_sequence, isWaiting: false }), ...change }));
    setWork({ done: 0, of: log.head_sequence, isWaiting: false });
    try {
      const onProgress = (done: number, of: number) => change({ done, of });
      const onWaiting = (isWaiting: boolean) => change({ isWaiting });
      change({ result: await verify(log.log_name, { signal, onProgress, onWaiting }) });
    } catch (error) {
      if (!signal.aborted) change({ error });
    }
  };
  const cancel = () => {
    controller.current?.abort();
    setWork(undefined);
  };
  const isRunning = work && !work.result && !work.error;
  return (
    <Modal opened onClose={onClose} title="Verify the hash chain">
      <div className="stack">
        <div>
          Each event of a log extends a chain of BLAKE3 hashes. This browser reads all {plural(log.event_count, "event")} and
          computes the chain again. If its end is the hash that the server names, nothing was changed, removed or put in
          between.
        </div>
        {isRunning && (
          <Progress label="Events read" share={work.of === 0 ? 1 : work.done / work.of} onCancel={cancel}>
            {count(work.done)} of {plural(work.of, "event")}
            {work.isWaiting && ", waits for the server"}
          </Progress>
        )}
        {work?.result && <Result result={work.result} />}
        {work?.error !== undefined && <ErrorNotice error={work.error} />}
        {!isRunning && (
          <Group justify="flex-end" gap={8}>
            <Button onClick={onClose}>Close</Button>
            <Button variant="filled" color="dark" onClick={() => void start()} data-autofocus>
              {work ? "Verify again" : "Verify"}
            </Button>
          </Group>
        )}
      </div>
    </Modal>
  );
}

function Result({ result: { sequence, expected, computed } }: { result: Verified }) {
  const isSame = expected === computed;
  return (
    <div role="status">
      <div className="row">
        <Pill tone={isSame ? "ok" : "bad"}>{isSame ? "intact" : "not the same"}</Pill>
        <span>
          {isSame
            ? `The hashes after event ${count(sequence)} are the same.`
            : `The hashes after event ${count(sequence)} differ. Keep both, and ask whoever runs the server.`}
        </span>
      </div>
      <dl className="mono" style={{ overflowWrap: "anywhere" }}>
        <dt className="faint">Computed here</dt>
        <dd style={{ margin: "0 0 6px" }}>{computed}</dd>
        <dt className="faint">Said by the server</dt>
        <dd style={{ margin: 0 }}>{expected}</dd>
      </dl>
    </div>
  );
}
