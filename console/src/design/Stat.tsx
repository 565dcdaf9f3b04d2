/** One figure with its unit, what it is, and how it went. */

import type { ReactNode } from "react";
import css from "./Stat.module.css";

interface Props {
  label: string;
  value: ReactNode;
  unit?: ReactNode;
  children?: ReactNode;
}

export function Stat({ label, value, unit, children }: Props) {
  return (
    <div className={css.tile}>
      <div className="soft">{label}</div>
      <div className={css.value}>{value}</div>
      <div className={css.unit}>{unit}</div>
      <div className={css.below}>{children}</div>
    </div>
  );
}

/** How much of something is used, from 0 to 1 and beyond; or done, where much is nothing bad (`plain`). */
export function Meter({ share, label, plain }: { share: number; label: string; plain?: boolean }) {
  const tone = plain ? css.normal : share >= 1 ? css.full : share >= 0.8 ? css.high : css.normal;
  const percent = Math.min(100, Math.max(0, share * 100));
  return (
    <div
      className={css.meter}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(percent)}
    >
      <b className={tone} style={{ width: `${percent}%` }} />
    </div>
  );
}

export function Stats({ children }: { children: ReactNode }) {
  return <div className={css.tiles}>{children}</div>;
}
