/** What becomes of a component that was accepted: building, live, or failed. */

import type { Schemas } from "../api/client";
import { Message } from "../design/Message";
import { count } from "../format";
import { Progress } from "./Progress";
import { StandingPill } from "./StandingPill";
import { useVersion } from "./useDeploy";

export function Outcome({ log, view, accepted }: { log: string; view: string; accepted: Schemas["UploadAnswer"] }) {
  const version = useVersion(log, view, accepted.version);
  const state = version?.state ?? accepted.state;
  const failure = version?.failure ?? accepted.failure;
  if (state === "failed") {
    const at = failure?.sequence ?? 0;
    return (
      <Message
        title={at > 0 ? `Version ${accepted.version} failed at event ${count(at)}` : `Version ${accepted.version} failed`}
        text={failure?.message ?? "The server gave no reason."}
      >
        It was valid, but can’t fold the log. The version that answered before goes on.
      </Message>
    );
  }
  return (
    <div className="stack" role="status">
      <div className="row">
        <StandingPill standing={state} version={accepted.version} />
        <span className="soft">
          {state === "building"
            ? "The component is valid and folds the log. This dialog may be closed."
            : state === "live"
              ? "Queries are answered by it."
              : "Another version has taken its place."}
        </span>
      </div>
      {state === "building" && version && <Progress version={version} />}
    </div>
  );
}
