/** A text that is shown once, to be copied. */

import { Button } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { type ReactNode, useId } from "react";
import css from "./SecretText.module.css";

interface Props {
  label: string;
  value: string;
  /** What it is good for. */
  children?: ReactNode;
}

export function SecretText({ label, value, children }: Props) {
  const id = useId();
  const clipboard = useClipboard({ timeout: 2000 });
  return (
    <div>
      <label className={css.label} htmlFor={id}>
        {label}
      </label>
      <div className={css.line}>
        <input
          id={id}
          className={`mono ${css.value}`}
          value={value}
          readOnly
          spellCheck={false}
          onFocus={(event) => event.currentTarget.select()}
        />
        <Button onClick={() => clipboard.copy(value)} aria-label={clipboard.copied ? `${label}: copied` : `Copy: ${label}`}>
          {clipboard.copied ? "Copied" : "Copy"}
        </Button>
      </div>
      {children && <div className={css.below}>{children}</div>}
    </div>
  );
}
