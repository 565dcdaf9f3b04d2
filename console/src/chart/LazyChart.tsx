/** The chart, fetched when a screen has one; what stands for it is as high. */

import { lazy, Suspense } from "react";
import type { ChartProps } from "./Chart";

const Chart = lazy(() => import("./Chart"));

export function LazyChart(props: ChartProps) {
  return (
    <Suspense fallback={<div style={{ height: (props.height ?? 180) + 26 }} />}>
      <Chart {...props} />
    </Suspense>
  );
}
