/** Short messages that come and go. What shows them is fetched with the first one. */

import { lazy, Suspense, useSyncExternalStore } from "react";
import { hasSpoken, onFirst } from "./say";

const Shown = lazy(() => import("./ShownNotices"));

export function Notices() {
  return (
    <Suspense>
      {useSyncExternalStore(onFirst, hasSpoken) && <Shown />}
    </Suspense>
  );
}
