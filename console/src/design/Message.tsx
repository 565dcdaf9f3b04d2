/** Something that went wrong, with the words of whoever found it, just as they came. */

import type { ReactNode } from "react";
import css from "./Message.module.css";
import { visible } from "./visible";

interface Props {
  title: string;
  /** Not ours: of a component, or of what read it. */
  text: string;
  /** What follows from it. */
  children?: ReactNode;
  actions?: ReactNode;
  tone?: "bad" | "quiet";
}

const CHARACTERS = 10_000;

export function Message({ title, text, children, actions, tone = "bad" }: Props) {
  return (
    <section className={`${css.message} ${css[tone]}`} role={tone === "bad" ? "alert" : undefined}>
      <div className={css.title}>{title}</div>
      <pre className={`mono ${css.text}`}>{visible(text.slice(0, CHARACTERS))}</pre>
      {children && <div className="soft">{children}</div>}
      {actions && <div className={css.actions}>{actions}</div>}
    </section>
  );
}
