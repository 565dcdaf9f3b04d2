/** How far long work is, and a way to end it. */

import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import css from "./Progress.module.css";

interface Props {
  label: string;
  /** From 0 to 1. */
  share: number;
  /** Figures, such as how much of what is done. */
  children: ReactNode;
  onCancel?: () => void;
}

export function Progress({ label, share, children, onCancel }: Props) {
  const percent = Math.min(100, Math.max(0, share * 100));
  return (
    <div>
      <div
        className={css.track}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(percent)}
      >
        <b style={{ width: `${percent}%` }} />
      </div>
      <div className={css.line}>
        <span className="soft grow">{children}</span>
        {onCancel && <Button onClick={onCancel}>Cancel</Button>}
      </div>
    </div>
  );
}
