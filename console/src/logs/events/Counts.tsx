/** How much is shown of what there is, in the line above the events. */

import { Button } from "@mantine/core";
import { count, plural } from "../../format";
import css from "./EventsTab.module.css";
import type { LiveState } from "./live";
import { FOUND_MAX } from "./search";
import type { Found } from "./useEvents";

export function SearchCounts({ found }: { found: Found }) {
  const { scanned, status } = found.state;
  return (
    <div className={css.counts}>
      <span className="soft" role="status">
        {count(found.count)} shown of {count(scanned)} scanned
        {status === "full" && `. More than ${count(FOUND_MAX)} match: say more exactly what you look for`}
        {status === "done" && scanned > 0 && ", all of them"}
      </span>
      {status === "running" && <Button onClick={found.stop}>Stop</Button>}
      {status === "stopped" && !found.error && <Button onClick={found.start}>Search on</Button>}
    </div>
  );
}

export function LiveCounts({ state, isLive }: { state: LiveState; isLive: boolean }) {
  const { skipped, total } = state;
  return (
    <div className={css.counts}>
      <span className="soft">
        {isLive && total === 0 && "Waits for new events"}
        {isLive && total > 0 && `${plural(total, "event")} came since this page was opened`}
        {!isLive && "Held; Space goes on"}
        {skipped > 0 && `, ${count(skipped)} skipped for display`}
      </span>
    </div>
  );
}
