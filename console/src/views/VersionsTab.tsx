/** All versions of a view, the newest first. */

import type { ReactNode } from "react";
import { Copy } from "../design/Copy";
import { Facts } from "../design/Facts";
import { Message } from "../design/Message";
import { More, useShown } from "../design/More";
import { Panel } from "../design/Panel";
import { Time } from "../design/Time";
import { bytes, count, duration, shortHash } from "../format";
import { useCopyAs } from "../shell/copyAs";
import { Progress } from "./Progress";
import { statusSnippets } from "./snippets";
import { StandingPill } from "./StandingPill";
import { applied, newestSnapshot, type Version, versionStanding, type View } from "./standing";
import css from "./VersionsTab.module.css";

const VERSIONS = 10;
/** Every world of views has this name; the documentation calls each by its version. */
const WORLD = "primatomic:machine@";

export function VersionsTab({ log, view }: { log: string; view: View }) {
  useCopyAs(statusSnippets(log, view.view_name));
  const [shown, showMore] = useShown(VERSIONS);
  return (
    <>
      {view.versions.slice(0, shown).map((version) => (
        <VersionPanel key={version.version_id} version={version} head={view.head_sequence} />
      ))}
      <More left={view.versions.length - shown} noun="version" onMore={showMore} />
    </>
  );
}

function VersionPanel({ version, head }: { version: Version; head: number }) {
  const state = versionStanding(version);
  return (
    <Panel>
      <div className={css.head}>
        <h2>Version {version.version}</h2>
        <StandingPill standing={state} />
        <span className="grow" />
        <span className="soft">
          deployed <Time at={version.created_at} />
        </span>
      </div>
      {state === "building" && <Progress version={version} />}
      {version.failure && (
        <div className={css.failure}>
          <Message
            title={version.failure.sequence > 0 ? `Stopped before event ${count(version.failure.sequence)}` : "Failed before its first event"}
            text={version.failure.message}
            tone="quiet"
          />
        </div>
      )}
      <Facts facts={factsOf(version, head)} />
    </Panel>
  );
}

function factsOf(version: Version, head: number): [string, ReactNode][] {
  const snapshot = newestSnapshot(version);
  const sequence = applied(version);
  return [
    ["Applied", sequence === undefined ? "known when it is loaded" : `${count(sequence)} of ${count(head)}`],
    ["Compute used", duration(version.compute_ms / 1000)],
    ["Memory", version.hot ? bytes(version.memory_bytes) : "not loaded"],
    [
      "Snapshots",
      snapshot ? (
        <>
          {count(version.snapshots.length)}, newest at {count(snapshot.sequence)}: {bytes(snapshot.bytes)},{" "}
          <Time at={snapshot.created_at} />
        </>
      ) : (
        (version.snapshots_off ?? "none yet")
      ),
    ],
    ["World", <span className="mono">{version.world.replace(WORLD, "")}</span>],
    ["Content type", version.content_type ? <bdi className="mono">{version.content_type}</bdi> : "as the answer says"],
    [
      "Component",
      <span className={css.component}>
        <span className="mono">{shortHash(version.component_digest)}</span>
        <Copy value={version.component_digest} label="Copy the digest" />
        <span>{bytes(version.component_bytes)}</span>
      </span>,
    ],
    ["Language", version.languages.join(", ") || "unknown"],
    ["Answers since", version.activated_at ? <Time at={version.activated_at} /> : "never"],
  ];
}
