/** A log: its events, its views, its settings. */

import { Button } from "@mantine/core";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { queries, type Schemas } from "../api/client";
import { Page } from "../design/Page";
import { Pill, type Tone } from "../design/Pill";
import { ErrorNotice, Skeleton } from "../design/Placeholder";
import { Tabs } from "../design/Tabs";
import { bytes, count, plural, shortHash } from "../format";
import { useVisits } from "../preferences";
import { useTenant } from "../session/tenant";
import { useKeys } from "../shell/shortcuts";
import { EventsTab } from "./events/EventsTab";
import type { Connection } from "./events/follow";
import css from "./LogScreen.module.css";
import { route, useChange } from "./search";

const LogViews = lazy(() => import("../views/LogViews").then(({ LogViews }) => ({ default: LogViews })));
const SettingsTab = lazy(() => import("./settings/SettingsTab"));
const AppendDrawer = lazy(() => import("./append/AppendDrawer"));
const Export = lazy(() => import("./settings/Export"));
const Verify = lazy(() => import("./settings/Verify"));
const DeletedLog = lazy(() => import("./DeletedLog"));

type Log = Schemas["LogBody"];

const TABS = [
  { name: "events", title: "Events" },
  { name: "views", title: "Views" },
  { name: "settings", title: "Settings" },
];
const FRESH_MS = 2000;

export function LogScreen() {
  const { log: name } = route.useParams();
  const { deletion } = route.useSearch();
  if (deletion) {
    return (
      <Suspense>
        <DeletedLog name={name} job={deletion} />
      </Suspense>
    );
  }
  return <OneLog key={name} name={name} />;
}

function OneLog({ name }: { name: string }) {
  const search = route.useSearch();
  const tenant = useTenant();
  const [, visit] = useVisits(tenant.tenant_id);
  const query = queries.useQuery("get", "/logs/{log}", { params: { path: { log: name } } }, { refetchInterval: FRESH_MS });
  const log = query.data;
  const known = log?.log_name;
  // Only what is there was opened.
  useEffect(() => {
    if (known) visit({ to: `/logs/${encodeURIComponent(known)}`, title: known, kind: "log" });
  }, [known]);
  const [connection, setConnection] = useState<Connection>();
  const tab = TABS.some((it) => it.name === search.tab) ? (search.tab as string) : "events";

  let content: ReactNode = <Skeleton rows={10} />;
  if (query.isError && !log) content = <ErrorNotice error={query.error} retry={() => void query.refetch()} />;
  else if (log && tab === "events") content = <EventsTab log={log} onConnection={setConnection} />;
  else if (log && tab === "views") content = <LogViews log={log.log_name} />;
  else if (log) content = <SettingsTab log={log} />;
  return (
    <Page
      name={name}
      title={<bdi>{name}</bdi>}
      beside={log && tab === "events" && <Standing connection={connection} />}
      sub={log && <Figures log={log} />}
      actions={log && <Actions log={log} />}
    >
      <Tabs label="Parts of the log" tabs={TABS} current={tab} />
      <Suspense fallback={<Skeleton rows={6} />}>{content}</Suspense>
    </Page>
  );
}

const STANDINGS: Record<Connection | "paused", [Tone, string]> = {
  live: ["ok", "live"],
  connecting: ["quiet", "connecting"],
  reconnecting: ["warn", "reconnecting"],
  paused: ["quiet", "paused"],
};

function Standing({ connection }: { connection: Connection | undefined }) {
  const [tone, word] = STANDINGS[connection ?? "paused"];
  return (
    <span role="status">
      <Pill tone={tone}>{word}</Pill>
    </span>
  );
}

function Figures({ log }: { log: Log }) {
  const [isVerified, setVerified] = useState(false);
  return (
    <span className={css.figures}>
      <span>{plural(log.event_count, "event")}</span>
      <span>{bytes(log.event_bytes)}</span>
      {log.archived_events > 0 && <span>archived through {count(log.archived_events)}</span>}
      <span>
        head <span className="mono">{shortHash(log.chain_hash)}</span>{" "}
        <button type="button" className={css.verify} onClick={() => setVerified(true)}>
          Verify
        </button>
      </span>
      <Suspense>{isVerified && <Verify log={log} onClose={() => setVerified(false)} />}</Suspense>
    </span>
  );
}

function Actions({ log }: { log: Log }) {
  const { append } = route.useSearch();
  const tenant = useTenant();
  const change = useChange();
  const [isExported, setExported] = useState(false);
  const mayAppend = tenant.may("member");
  const open = () => {
    if (mayAppend) change({ append: "event" });
  };
  useKeys({ a: open });
  return (
    <>
      <Button onClick={() => setExported(true)}>Export</Button>
      {mayAppend && (
        <Button variant="filled" color="dark" onClick={open}>
          Append
        </Button>
      )}
      <Suspense>
        {isExported && <Export log={log} onClose={() => setExported(false)} />}
        {append && mayAppend && <AppendDrawer log={log.log_name} kind={append} />}
      </Suspense>
    </>
  );
}
