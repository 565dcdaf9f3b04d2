/** A framed part of a screen, with its heading above or within it. */

import type { ReactNode } from "react";
import css from "./Panel.module.css";

interface Props {
  title?: ReactNode;
  actions?: ReactNode;
  /** Without padding, as for tables. */
  flush?: boolean;
  children: ReactNode;
}

export function Panel({ title, actions, flush, children }: Props) {
  return (
    <section className={css.section}>
      {(title || actions) && (
        <div className={css.title}>
          {title && <h2>{title}</h2>}
          <span className="grow" />
          {actions}
        </div>
      )}
      <div className={flush ? css.panel : `${css.panel} ${css.padded}`}>{children}</div>
    </section>
  );
}
