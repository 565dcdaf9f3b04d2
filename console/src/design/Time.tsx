/** A moment: how long ago, with the exact time when pointed at. */

import { useSyncExternalStore } from "react";
import { absolute, relative } from "../format";
import { useZone } from "../preferences";

// One clock for all of a page's times; a moment ago is told by the second only at first.
let now = new Date();
const listeners = new Set<() => void>();
setInterval(() => {
  now = new Date();
  for (const listener of listeners) listener();
}, 1000);

const subscribe = (listener: () => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

export const useNow = () => useSyncExternalStore(subscribe, () => now);

export function Time({ at }: { at: string | Date }) {
  const [zone] = useZone();
  const moment = typeof at === "string" ? new Date(at) : at;
  const text = relative(moment, useNow());
  return (
    <time dateTime={moment.toISOString()} title={absolute(moment, zone)}>
      {text}
    </time>
  );
}
