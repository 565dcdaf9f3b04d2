/** The frame of the screens before one is logged in. */

import { type ReactNode, useEffect } from "react";
import css from "./Card.module.css";

export function Card({ title, children, below }: { title: string; children: ReactNode; below?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Primatomic`;
  }, [title]);
  return (
    <main className={css.outer}>
      <img src="/console/icon.svg" width={32} height={32} alt="" />
      <h1 className={css.title}>{title}</h1>
      <div className={css.card}>{children}</div>
      {below && <div className={css.below}>{below}</div>}
    </main>
  );
}
