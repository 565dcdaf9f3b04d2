/** An id that can be copied. */

import { Copy } from "./Copy";

export function Id({ id, label }: { id: string; label: string }) {
  return (
    <>
      <span className="mono">{id}</span>
      <Copy value={id} label={label} />
    </>
  );
}
