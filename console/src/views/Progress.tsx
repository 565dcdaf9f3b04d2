/** How far a version has come that folds the log. */

import { Meter } from "../design/Stat";
import { plural } from "../format";
import { progress, type Version } from "./standing";
import css from "./VersionsTab.module.css";

export function Progress({ version }: { version: Version }) {
  const share = progress(version);
  return (
    <div className={css.progress} role="status">
      <Meter share={share} label={`Version ${version.version} is built`} plain />
      <span className="soft">
        {Math.floor(share * 100)} % built, {plural(version.lag_events, "event")} left
      </span>
    </div>
  );
}
