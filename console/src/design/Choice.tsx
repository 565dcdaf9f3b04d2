/** One of a few, each with a sentence that says what it means. */

import css from "./Choice.module.css";
import { Radio } from "./fields";

interface Props<T extends string> {
  label: string;
  options: readonly { value: T; label: string; description: string }[];
  value: T;
  onChange: (value: T) => void;
}

export function Choice<T extends string>({ label, options, value, onChange }: Props<T>) {
  return (
    <Radio.Group label={label} value={value} onChange={(chosen) => onChange(chosen as T)}>
      <div className={css.choices}>
        {options.map((option) => (
          <Radio key={option.value} {...option} />
        ))}
      </div>
    </Radio.Group>
  );
}
