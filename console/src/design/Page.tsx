/** A screen: its title, what can be done on it, and its parts. */

import { type ReactNode, useEffect } from "react";
import css from "./Page.module.css";

interface Props {
  title: ReactNode;
  /** For the browser's tab. */
  name: string;
  /** Behind the title, such as a state. */
  beside?: ReactNode;
  /** Under the title, in one line. */
  sub?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

export function Page({ title, name, beside, sub, actions, children }: Props) {
  useEffect(() => {
    document.title = `${name} · Primatomic`;
  }, [name]);
  return (
    <>
      <div className={css.head}>
        <h1>{title}</h1>
        {beside}
        <span className="grow" />
        {actions && <div className={css.actions}>{actions}</div>}
      </div>
      <div className={sub === undefined ? css.plain : css.sub}>{sub}</div>
      {children}
    </>
  );
}
