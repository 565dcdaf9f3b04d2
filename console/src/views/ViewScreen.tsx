/** A view of a log: how it stands, and its tabs. */

import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { problem } from "../api/error";
import { LinkButton } from "../design/LinkButton";
import { Page } from "../design/Page";
import { Panel } from "../design/Panel";
import { Empty, ErrorNotice, Skeleton } from "../design/Placeholder";
import { Tabs } from "../design/Tabs";
import { useVisits } from "../preferences";
import { useTenant } from "../session/tenant";
import { DeletionProgress } from "./DeletionProgress";
import { DeployButton, DeployDrop } from "./Deploy";
import { Figures } from "./Figures";
import { Halted } from "./Halted";
import { QueryTab } from "./query/QueryTab";
import { SettingsTab } from "./SettingsTab";
import { StandingPill } from "./StandingPill";
import { mainVersion, standing, successor, type View } from "./standing";
import { useView } from "./useView";
import { VersionsTab } from "./VersionsTab";

const route = getRouteApi("/inside/logs/$log/views/$view");

export function ViewScreen() {
  const { log, view: name } = route.useParams();
  const { deletion } = route.useSearch();
  if (deletion) return <Deleted log={log} name={name} job={deletion} />;
  return <Shown key={`${log}/${name}`} log={log} name={name} />;
}

function Shown({ log, name }: { log: string; name: string }) {
  const { tab = "query" } = route.useSearch();
  const found = useView(log, name);
  const view = found.data;
  useVisited(log, name, view !== undefined);
  if (found.isError && !view) {
    const isMissing = ["view_not_found", "log_not_found"].includes(problem(found.error).code);
    return (
      <Page name={name} title={name}>
        <Panel>
          {isMissing ? (
            <Empty title="There is no such view" action={<LinkButton to="/views">All views</LinkButton>}>
              The log <b>{log}</b> has no view of the name <b>{name}</b>, or it was deleted.
            </Empty>
          ) : (
            <ErrorNotice error={found.error} retry={() => void found.refetch()} />
          )}
        </Panel>
      </Page>
    );
  }
  return (
    <Page
      name={name}
      title={name}
      beside={
        <>
          <span className="soft">
            on{" "}
            <Link to="/logs/$log" params={{ log }}>
              <bdi>{log}</bdi>
            </Link>
          </span>
          {view && <State view={view} />}
        </>
      }
      sub={view && <Figures view={view} />}
      actions={<DeployButton log={log} view={name} />}
    >
      <Tabs
        label="Parts of the view"
        current={tab}
        tabs={[
          { name: "query", title: "Query" },
          { name: "versions", title: "Versions", count: view?.versions.length },
          { name: "settings", title: "Settings" },
        ]}
      />
      <DeployDrop log={log} view={name}>
        {view ? (
          <div className="stack">
            <Halted log={log} view={view} />
            <Tab log={log} view={view} tab={tab} />
          </div>
        ) : (
          <Panel flush>
            <Skeleton rows={8} />
          </Panel>
        )}
      </DeployDrop>
    </Page>
  );
}

function Tab({ log, view, tab }: { log: string; view: View; tab: string }) {
  if (tab === "versions") return <VersionsTab log={log} view={view} />;
  if (tab === "settings") return <SettingsTab log={log} view={view} />;
  return <QueryTab log={log} view={view} />;
}

function State({ view }: { view: View }) {
  const next = successor(view);
  return (
    <>
      <StandingPill standing={standing(view)} version={mainVersion(view)?.version} />
      {next && <StandingPill standing="building" version={next.version} />}
    </>
  );
}

function Deleted({ log, name, job }: { log: string; name: string; job: string }) {
  return (
    <Page
      name={name}
      title={name}
      sub="This view is deleted."
      actions={
        <LinkButton to="/logs/$log" params={{ log }} search={{ tab: "views" }}>
          To the log
        </LinkButton>
      }
    >
      <DeletionProgress job={job} />
    </Page>
  );
}

/** Remembers a view that was found, for the palette. */
function useVisited(log: string, name: string, isFound: boolean) {
  const tenant = useTenant();
  const [, visit] = useVisits(tenant.tenant_id);
  useEffect(() => {
    if (!isFound) return;
    const to = `/logs/${encodeURIComponent(log)}/views/${encodeURIComponent(name)}`;
    visit({ to, title: `${name} on ${log}`, kind: "view" });
    // Once for each view, whatever else changes.
  }, [isFound, log, name]);
}
