/** Copies a text, and says that it did. */

import { ActionIcon } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { CheckIcon, CopyIcon } from "./icons";

export function Copy({ value, label = "Copy" }: { value: string; label?: string }) {
  const clipboard = useClipboard({ timeout: 1500 });
  const said = clipboard.copied ? "Copied" : label;
  return (
    <ActionIcon variant="subtle" color="gray" size={22} aria-label={said} title={said} onClick={() => clipboard.copy(value)}>
      {clipboard.copied ? <CheckIcon /> : <CopyIcon />}
    </ActionIcon>
  );
}
