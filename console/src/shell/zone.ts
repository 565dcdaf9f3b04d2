/** UTC or the time of this place. */

import { useZone } from "../preferences";

export function usePreferredZone() {
  const [zone, setZone] = useZone();
  const toggle = () => setZone(zone === "utc" ? "local" : "utc");
  return { zone, toggle, name: zone === "utc" ? "UTC" : "Local" };
}
