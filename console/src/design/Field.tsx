/** A label above a control that has none of its own, and a word below. */

import { type ReactNode, useId } from "react";
import css from "./Field.module.css";

interface Props {
  label: string;
  /** Gets the id of the label. */
  children: (labelId: string) => ReactNode;
  below?: ReactNode;
}

export function Field({ label, children, below }: Props) {
  const id = useId();
  return (
    <div>
      <div id={id} className={css.label}>
        {label}
      </div>
      {children(id)}
      {below && (
        <div className={css.below} aria-live="polite">
          {below}
        </div>
      )}
    </div>
  );
}
