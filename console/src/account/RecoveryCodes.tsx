/** Recovery codes, shown this once. Only a tick and the button close it. */

import { Button, Group } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { useState } from "react";
import { Checkbox, Modal } from "../design/fields";
import css from "./Account.module.css";

interface Props {
  codes: string[];
  email: string;
  onClose: () => void;
}

export function RecoveryCodes({ codes, email, onClose }: Props) {
  const [isKept, setIsKept] = useState(false);
  const clipboard = useClipboard({ timeout: 2000 });
  const text = `Recovery codes of ${email} for Primatomic. Each works once.\n\n${codes.join("\n")}\n`;
  return (
    <Modal
      opened
      onClose={onClose}
      title="Keep your recovery codes"
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <div className="stack">
        <div>
          Each of these works once in the place of a code, for when your authenticator is lost. They are shown this once. Keep
          them where the authenticator is not.
        </div>
        <ul className={`mono ${css.codes}`} aria-label="Recovery codes">
          {codes.map((code) => (
            <li key={code}>{code}</li>
          ))}
        </ul>
        <Group gap={8}>
          <Button onClick={() => clipboard.copy(text)}>{clipboard.copied ? "Copied" : "Copy"}</Button>
          <Button component="a" href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`} download="primatomic-recovery-codes.txt">
            Download
          </Button>
        </Group>
        <Group justify="space-between" gap={8}>
          <Checkbox
            label="I have kept the codes"
            checked={isKept}
            onChange={(event) => setIsKept(event.currentTarget.checked)}
          />
          <Button variant="filled" color="dark" disabled={!isKept} onClick={onClose}>
            Done
          </Button>
        </Group>
      </div>
    </Modal>
  );
}
