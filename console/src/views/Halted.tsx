/** Why a view stands still, at which event, and what can be done. */

import { LinkButton } from "../design/LinkButton";
import { Message } from "../design/Message";
import { count } from "../format";
import { DeployButton } from "./Deploy";
import { mainVersion, standing, type View } from "./standing";

export function Halted({ log, view }: { log: string; view: View }) {
  const version = mainVersion(view);
  const state = standing(view);
  const failure = version?.failure;
  if (!version || !failure || (state !== "halted" && state !== "failed")) return null;
  const at = failure.sequence;
  const title =
    at === 0
      ? `Version ${version.version} failed before its first event`
      : `Version ${version.version} stopped before event ${count(at)}`;
  return (
    <Message
      title={title}
      text={failure.message}
      actions={
        <>
          {at > 0 && (
            <LinkButton to="/logs/$log" params={{ log }} search={{ from: String(at), event: String(at) }}>
              See event {count(at)}
            </LinkButton>
          )}
          <DeployButton log={log} view={view.view_name} title="Deploy a mended version" />
        </>
      }
    >
      {version.live
        ? `The log goes on without it. Queries are answered from the state after event ${count(Math.max(at - 1, 0))}; those that wait for a later one fail. A version that can fold the event takes its place when it has caught up.`
        : "No version of this view answers queries. Deploy one that can fold the whole log."}
    </Message>
  );
}
