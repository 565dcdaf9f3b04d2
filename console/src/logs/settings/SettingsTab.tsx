/** What a log is called, where its events are kept, and its end. */

import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { queries, type Schemas } from "../../api/client";
import { Confirm } from "../../design/Confirm";
import { Copy } from "../../design/Copy";
import { Panel } from "../../design/Panel";
import { ErrorNotice } from "../../design/Placeholder";
import { Time } from "../../design/Time";
import { SegmentedControl, Textarea } from "../../design/fields";
import { visible } from "../../design/visible";
import { bytes, count, plural } from "../../format";
import { useTenant } from "../../session/tenant";
import { useCopyAs } from "../../shell/copyAs";
import { say } from "../../shell/say";
import { cli, curl, python, ts } from "../../shell/snippets";
import { useChange } from "../search";
import css from "./SettingsTab.module.css";
import { RETENTION, RETENTION_NAMES, type Retention } from "./retention";

type Log = Schemas["LogBody"];

export default function SettingsTab({ log }: { log: Log }) {
  const tenant = useTenant();
  const name = log.log_name;
  useCopyAs({
    curl: curl({ path: `/logs/${name}` }),
    ts: ts(`const log = await primatomic.log(${JSON.stringify(name)}).get();`),
    python: python(`print(primatomic.log(${JSON.stringify(name)}).get())`),
    cli: cli("log", "get", name),
  });
  const mayChange = tenant.may("member");
  return (
    <div className={css.settings}>
      <Facts log={log} />
      <Description key={log.description ?? ""} log={log} mayChange={mayChange} />
      <Kept log={log} mayChange={mayChange} />
      {mayChange && <Delete log={log} />}
    </div>
  );
}

function Facts({ log }: { log: Log }) {
  const facts: [string, React.ReactNode][] = [
    ["Made", <Time key="" at={log.created_at} />],
    ["Events", count(log.event_count)],
    ["Size", bytes(log.event_bytes)],
    ["In the hot log", count(log.hot_events)],
    ["In the archive alone", count(log.archived_events)],
  ];
  return (
    <Panel title="About">
      <dl className={css.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div className={css.wide}>
          <dt>Id</dt>
          <dd className={`mono ${css.long}`}>
            {log.log_id} <Copy value={log.log_id} label="Copy the id" />
          </dd>
        </div>
        <div className={css.wide}>
          <dt>Head of the hash chain</dt>
          <dd className={`mono ${css.long}`}>
            {log.chain_hash} <Copy value={log.chain_hash} label="Copy the hash" />
          </dd>
        </div>
      </dl>
    </Panel>
  );
}

/** Changes a part of the log; what the server answers is shown from then on. */
function useUpdate(log: Log) {
  const client = useQueryClient();
  return queries.useMutation("patch", "/logs/{log}", {
    onSuccess: (changed) => {
      const { queryKey } = queries.queryOptions("get", "/logs/{log}", { params: { path: { log: log.log_name } } });
      client.setQueryData(queryKey, changed);
      say("Saved");
    },
  });
}

function Description({ log, mayChange }: { log: Log; mayChange: boolean }) {
  const update = useUpdate(log);
  const [text, setText] = useState(log.description ?? "");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    update.mutate({ params: { path: { log: log.log_name } }, body: { description: text || null } });
  };
  return (
    <Panel title="Description">
      {mayChange ? (
        <form className="stack" onSubmit={submit}>
          <Textarea
            aria-label="Description"
            placeholder="What its events are about"
            maxLength={1000}
            autosize
            minRows={2}
            maxRows={8}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          {visible(text) !== text && (
            <div className="soft">
              It holds characters that are not seen: <bdi>{visible(text)}</bdi>
            </div>
          )}
          {update.isError && <ErrorNotice error={update.error} />}
          <div>
            <Button type="submit" disabled={text === (log.description ?? "")} loading={update.isPending}>
              Save the description
            </Button>
          </div>
        </form>
      ) : (
        <bdi>{log.description ? visible(log.description) : <span className="faint">None</span>}</bdi>
      )}
    </Panel>
  );
}

function Kept({ log, mayChange }: { log: Log; mayChange: boolean }) {
  const update = useUpdate(log);
  const shown = update.isPending ? (update.variables.body.retention ?? log.retention) : log.retention;
  return (
    <Panel title="Where events are kept">
      <div className="stack">
        <SegmentedControl
          aria-label="Where events are kept"
          className={css.choice}
          disabled={!mayChange}
          value={shown}
          data={RETENTION_NAMES}
          onChange={(value) =>
            update.mutate({ params: { path: { log: log.log_name } }, body: { retention: value as Retention } })
          }
        />
        <div className="soft">{RETENTION[shown]} Nothing is ever lost by a change, and all events can be read as before.</div>
        {update.isError && <ErrorNotice error={update.error} />}
      </div>
    </Panel>
  );
}

function Delete({ log }: { log: Log }) {
  const [isAsked, setAsked] = useState(false);
  const change = useChange();
  const client = useQueryClient();
  const remove = queries.useMutation("delete", "/logs/{log}", {
    onSuccess: ({ job_id }) => {
      void client.invalidateQueries({ queryKey: ["get", "/logs"] });
      change({ tab: undefined, deletion: job_id });
    },
  });
  return (
    <Panel title="Delete">
      <div className="row">
        <span className="grow soft">The log, its {plural(log.event_count, "event")} and its views, for good.</span>
        <Button c="var(--bad)" onClick={() => setAsked(true)}>
          Delete the log
        </Button>
      </div>
      <Confirm
        opened={isAsked}
        onClose={() => setAsked(false)}
        title={`Delete ${log.log_name}`}
        action="Delete the log"
        name={log.log_name}
        isPending={remove.isPending}
        error={remove.error}
        onConfirm={() => remove.mutate({ params: { path: { log: log.log_name } } })}
      >
        {plural(log.event_count, "event")} with {bytes(log.event_bytes)} and all views of this log are out of reach at once. It
        can't be undone.
      </Confirm>
    </Panel>
  );
}
