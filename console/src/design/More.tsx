/** The end of something long, of which only the beginning is drawn. */

import { Button } from "@mantine/core";
import { useState } from "react";
import { plural } from "../format";

/** How much is shown, and what shows sixteen times as much more. */
export function useShown(first: number): [number, () => void] {
  const [shown, setShown] = useState(first);
  return [shown, () => setShown(shown + 16 * first)];
}

export function More({ left, noun, onMore }: { left: number; noun: string; onMore: () => void }) {
  if (left <= 0) return null;
  return (
    <div style={{ marginTop: 8 }}>
      <Button onClick={onMore}>Show more</Button> <span className="faint">{plural(left, noun)} more</span>
    </div>
  );
}
