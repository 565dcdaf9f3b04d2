/** A state in one word, with a dot. The colour only repeats what the word says. */

import type { ReactNode } from "react";
import css from "./Pill.module.css";

export type Tone = "ok" | "warn" | "bad" | "accent" | "quiet";

export function Pill({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <span className={`${css.pill} ${css[tone]}`}>
      <i aria-hidden />
      {children}
    </span>
  );
}
