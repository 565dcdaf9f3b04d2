/** Events from a file of lines, or of one array: checked first, then sent in batches. */

import { Button } from "@mantine/core";
import { type DragEvent, useEffect, useRef, useState } from "react";
import { ErrorNotice } from "../../design/Placeholder";
import { Progress } from "../../design/Progress";
import { bytes, count, plural } from "../../format";
import { useCopyAs } from "../../shell/copyAs";
import { cli, curl } from "../../shell/snippets";
import { type Checked, check, FILE_BYTES_MAX, send } from "./batch";
import css from "./FileForm.module.css";

interface Props {
  log: string;
  onAppended: () => void;
  onOpen: (sequence: number) => void;
}

interface Work {
  key: string;
  batches: number;
  events: number;
  sequence: number;
  isRunning: boolean;
  isWaiting: boolean;
  error?: unknown;
}

export function FileForm({ log, onAppended, onOpen }: Props) {
  const [file, setFile] = useState<File>();
  const [checked, setChecked] = useState<Checked>();
  const [work, setWork] = useState<Work>();
  const [error, setError] = useState<unknown>();
  const controller = useRef<AbortController>(undefined);
  useEffect(() => () => controller.current?.abort(), []);
  useCopyAs({
    curl: curl({ method: "POST", path: `/logs/${log}/append_batch`, headers: { "Content-Type": "application/x-ndjson" } }) +
      " --data-binary @events.ndjson",
    cli: cli("append", log, "--ndjson", "--file", file?.name ?? "events.ndjson"),
  });
  const choose = async (chosen: File | undefined) => {
    if (!chosen || work?.isRunning) return;
    setFile(chosen);
    setWork(undefined);
    setChecked(undefined);
    setError(undefined);
    if (chosen.size > FILE_BYTES_MAX) {
      return setError(new Error(`A page can take files of up to ${bytes(FILE_BYTES_MAX)}. The command line takes any`));
    }
    try {
      // What is no UTF-8 would be changed on its way, so it is refused.
      setChecked(await check(new TextDecoder("utf-8", { fatal: true }).decode(await chosen.arrayBuffer())));
    } catch (failure) {
      setError(failure instanceof TypeError ? new Error("The file is no text in UTF-8") : failure);
    }
  };
  const start = async (events: readonly string[]) => {
    const { signal } = (controller.current = new AbortController());
    const begun = work ?? { key: crypto.randomUUID(), batches: 0, events: 0, sequence: 0, isRunning: true, isWaiting: false };
    setWork({ ...begun, isRunning: true, error: undefined });
    const change = (change: Partial<Work>) => setWork((before) => before && { ...before, ...change });
    try {
      await send(log, events, {
        key: begun.key,
        skip: begun.batches,
        signal,
        onStored: (batches, events, sequence) => change({ batches, events, sequence }),
        onWaiting: (isWaiting) => change({ isWaiting }),
      });
    } catch (error) {
      if (!signal.aborted) change({ error });
    }
    change({ isRunning: false, isWaiting: false });
    onAppended();
  };
  const total = checked?.events.length ?? 0;
  const isDone = work !== undefined && work.events === total && !work.isRunning;
  return (
    <div className="stack">
      <DropZone onFile={(file) => void choose(file)} />
      {file && (
        <div className="row">
          <b className="ellipsis">
            <bdi>{file.name}</bdi>
          </b>
          <span className="soft">{bytes(file.size)}</span>
        </div>
      )}
      {error !== undefined && <ErrorNotice error={error} />}
      {file && !checked && error === undefined && <span className="soft">Looks what is in it…</span>}
      {checked && <Findings checked={checked} />}
      {work && (
        <Progress
          label="Events appended"
          share={total === 0 ? 0 : work.events / total}
          onCancel={work.isRunning ? () => controller.current?.abort() : undefined}
        >
          {count(work.events)} of {plural(total, "event")} appended
          {work.isWaiting && ", waits for the server"}
          {isDone && ", all of them"}
        </Progress>
      )}
      {work?.error !== undefined && <ErrorNotice error={work.error} />}
      <div className="row">
        <span className="grow">
          {isDone && (
            <Button variant="subtle" onClick={() => onOpen(work.sequence)}>
              Show the last one, {count(work.sequence)}
            </Button>
          )}
        </span>
        {checked && total > 0 && checked.problems.length === 0 && !isDone && !work?.isRunning && (
          <Button variant="filled" color="dark" onClick={() => void start(checked.events)}>
            {work ? "Go on" : `Append ${plural(total, "event")}`}
          </Button>
        )}
      </div>
    </div>
  );
}

function Findings({ checked: { form, events, bytes: size, problems } }: { checked: Checked }) {
  return (
    <div role="status">
      <div>
        {plural(events.length, "event")} of {bytes(size)}, {form === "lines" ? "a line for each" : "in one array"}.
      </div>
      {problems.length > 0 && (
        <>
          <div className={css.wrong}>Nothing is appended until this is mended:</div>
          <ul className={css.problems} tabIndex={0} aria-label="What is wrong">
            {problems.map(({ line, message }) => (
              <li key={line}>
                <span className="mono">line {count(line)}</span> <bdi>{message}</bdi>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function DropZone({ onFile }: { onFile: (file: File | undefined) => void }) {
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const over = (is: boolean) => (event: DragEvent) => {
    event.preventDefault();
    setOver(is);
  };
  return (
    <div
      className={isOver ? `${css.zone} ${css.over}` : css.zone}
      onDragOver={over(true)}
      onDragLeave={over(false)}
      onDrop={(event) => {
        over(false)(event);
        onFile(event.dataTransfer.files[0]);
      }}
    >
      <span className="soft">Drop a file here: a JSON value on each line, or one array</span>
      <Button onClick={() => input.current?.click()} data-autofocus>Choose a file</Button>
      <input
        ref={input}
        type="file"
        accept=".json,.ndjson,.jsonl,.txt,application/json"
        aria-label="File of events"
        hidden
        onChange={(event) => {
          onFile(event.currentTarget.files?.[0]);
          // The same file can be chosen again after it was mended.
          event.currentTarget.value = "";
        }}
      />
    </div>
  );
}
