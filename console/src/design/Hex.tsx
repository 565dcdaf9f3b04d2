/** Bytes in hexadecimal; of many, as many as are asked for. */

import { useMediaQuery } from "@mantine/hooks";
import { hexRows } from "./hex";
import { More, useShown } from "./More";

const BYTES = 4096;

export function Hex({ bytes }: { bytes: Uint8Array }) {
  const isNarrow = useMediaQuery("(max-width: 760px)", undefined, { getInitialValueInEffect: false });
  const [shown, showMore] = useShown(BYTES);
  return (
    <>
      <pre className="mono" style={{ margin: 0, overflowX: "auto" }} aria-label="Bytes in hexadecimal" tabIndex={0}>
        {hexRows(bytes, 0, shown, isNarrow ? 8 : 16)}
      </pre>
      <More left={bytes.length - shown} noun="byte" onMore={showMore} />
    </>
  );
}
