/** Asks before what can't be undone; for the worst, the name has to be typed. */

import { Button, Group } from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { ErrorNotice } from "./Placeholder";
import { Modal, TextInput } from "./fields";

interface Props {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** What will happen. */
  children: ReactNode;
  /** The button, such as `Delete the log`. */
  action: string;
  /** What has to be typed. */
  name?: string;
  isPending: boolean;
  error: unknown;
  onConfirm: () => void;
}

export function Confirm({ opened, onClose, title, children, action, name, isPending, error, onConfirm }: Props) {
  const [typed, setTyped] = useState("");
  const matches = name === undefined || typed === name;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (matches && !isPending) onConfirm();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={title} onExitTransitionEnd={() => setTyped("")}>
      <form onSubmit={submit} className="stack">
        <div>{children}</div>
        {name !== undefined && (
          <TextInput
            label={
              <>
                Type <b className="mono">{name}</b> to confirm
              </>
            }
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
        )}
        {error ? <ErrorNotice error={error} /> : null}
        <Group justify="flex-end" gap={8}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="filled" color="red" disabled={!matches} loading={isPending}>
            {action}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
