/** What changed from one text to another. The editor that draws it comes when it is needed. */

import { lazy, Suspense } from "react";
import { bytes } from "../format";
import { Empty, Skeleton } from "./Placeholder";

const Difference = lazy(() => import("./editor/Difference"));

/** Longer texts would hold the page up. */
const CHARACTERS_MAX = 500_000;

interface Props {
  label: string;
  before: string;
  after: string;
  isJson: boolean;
}

export function Diff(props: Props) {
  const { before, after } = props;
  if (before === after) return <Empty title="No difference">Both are the same, byte by byte of what is shown.</Empty>;
  if (before.length + after.length > CHARACTERS_MAX) {
    return <Empty title="Too long to compare here">Together they are {bytes(before.length + after.length)} of text.</Empty>;
  }
  return (
    <Suspense fallback={<Skeleton rows={5} />}>
      <Difference {...props} />
    </Suspense>
  );
}
