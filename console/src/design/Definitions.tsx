/** Names with what they stand for. */

import type { ReactNode } from "react";
import css from "./Definitions.module.css";

export function Definitions({ pairs }: { pairs: [string, ReactNode][] }) {
  return (
    <dl className={css.list}>
      {pairs.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
