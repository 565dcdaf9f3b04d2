/** A code of an authenticator, or a recovery code. */

import { TextInput } from "../design/fields";

interface Props {
  label: string;
  description?: string;
  value: string;
  onChange: (code: string) => void;
}

export function CodeInput({ label, description, value, onChange }: Props) {
  return (
    <TextInput
      label={label}
      description={description}
      required
      data-autofocus
      autoComplete="one-time-code"
      inputMode={description ? "text" : "numeric"}
      maxLength={64}
      maw={260}
      classNames={{ input: "mono" }}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value.trim())}
    />
  );
}
