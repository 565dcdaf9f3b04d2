/** One event beside the list: as a tree, as text, in hexadecimal, or compared with another one. */

import { ActionIcon, Button, CloseButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { type FormEvent, lazy, Suspense, useState } from "react";
import { Bytes, FormSwitch } from "../../design/Bytes";
import type { Content } from "../../design/bytes";
import { Copy } from "../../design/Copy";
import { NumberInput, Popover, Tooltip } from "../../design/fields";
import { ChevronIcon } from "../../design/icons";
import { Panel } from "../../design/Panel";
import { Empty, ErrorNotice, Skeleton } from "../../design/Placeholder";
import { absolute, bytes, count } from "../../format";
import { useZone } from "../../preferences";
import { useKeys } from "../../shell/shortcuts";
import { route, useChange } from "../search";
import css from "./EventInspector.module.css";
import { useEvent } from "./useEvent";

const Comparison = lazy(() => import("./Comparison"));

export default function EventInspector({ log, sequence }: { log: string; sequence: number }) {
  const { form, compare } = route.useSearch();
  const change = useChange();
  const [zone] = useZone();
  const { query, event } = useEvent(log, sequence);
  const close = () => change({ event: undefined, compare: undefined });
  useKeys({ Escape: close });
  const other = compare ? Number(compare) : undefined;
  let content = <Skeleton rows={6} height={24} />;
  if (query.isError) content = <ErrorNotice error={query.error} retry={() => void query.refetch()} />;
  else if (query.isSuccess && !event) content = <Empty title={`There is no event ${count(sequence)}`} />;
  else if (event && other !== undefined) {
    content = (
      <Suspense fallback={<Skeleton rows={6} height={24} />}>
        <Comparison log={log} event={event} other={other} />
      </Suspense>
    );
  } else if (event) content = <Bytes key={sequence} content={event.content} form={form} />;
  return (
    <div className={css.inspector} role="region" aria-label={`Event ${count(sequence)}`}>
      <Panel>
        <div className={css.head}>
          <h2 className={css.title}>{count(sequence)}</h2>
          <span className="soft">{event && bytes(event.content.bytes.length)}</span>
          <span className="grow" />
          <Step label="Newer event (k)" turn={180} onClick={() => change({ event: String(sequence + 1) })} />
          <Step label="Older event (j)" turn={0} onClick={() => change({ event: String(Math.max(1, sequence - 1)) })} />
          <CloseButton aria-label="Close the event" onClick={close} />
        </div>
        <div className={`${css.sub} soft`}>
          {event && <time dateTime={event.timestamp}>{absolute(new Date(event.timestamp), zone, { fraction: true })}</time>}
        </div>
        <div className={css.bar}>
          {event && other === undefined && (
            <FormSwitch content={event.content} form={form} onForm={(form) => change({ form })} />
          )}
          {event && <Copy value={copied(event.content)} label="Copy the event" />}
          <span className="grow" />
          {other === undefined ? (
            <CompareWith onCompare={(other) => change({ compare: String(other) })} before={sequence - 1} />
          ) : (
            <Button onClick={() => change({ compare: undefined })}>End comparison</Button>
          )}
        </div>
        <div className={css.content}>{content}</div>
      </Panel>
    </div>
  );
}

/** Bytes that are no text are copied in hexadecimal. */
const copied = ({ bytes, text, isText }: Content) =>
  isText ? text : Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function Step({ label, turn, onClick }: { label: string; turn: number; onClick: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={onClick} style={{ rotate: `${turn}deg` }}>
        <ChevronIcon />
      </ActionIcon>
    </Tooltip>
  );
}

function CompareWith({ before, onCompare }: { before: number; onCompare: (sequence: number) => void }) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const [other, setOther] = useState<string | number>(before > 0 ? before : "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typeof other !== "number") return;
    close();
    onCompare(other);
  };
  return (
    <Popover opened={isOpen} onChange={(opened) => !opened && close()} trapFocus position="bottom-end" shadow="md">
      <Popover.Target>
        <Button onClick={open}>Compare with…</Button>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={submit} className={css.compare}>
          <NumberInput
            label="Sequence of the other event"
            value={other}
            onChange={setOther}
            min={1}
            allowDecimal={false}
            hideControls
            thousandSeparator=","
            data-autofocus
          />
          <Button type="submit" variant="filled" color="dark" disabled={typeof other !== "number"}>
            Compare
          </Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
