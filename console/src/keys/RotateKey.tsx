/** Gives a key a new secret; the one before works for a while more, so that nothing stands still. */

import { Button, Group } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { queries } from "../api/client";
import { Field } from "../design/Field";
import { ErrorNotice } from "../design/Placeholder";
import { Text } from "../design/Text";
import { Modal, SegmentedControl } from "../design/fields";
import type { Key } from "./KeyList";
import type { Secret } from "./SecretDialog";

const OVERLAPS = [
  { value: "0", label: "None" },
  { value: "3600", label: "1 hour" },
  { value: "86400", label: "1 day" },
  { value: "604800", label: "7 days" },
  { value: "2592000", label: "30 days" },
];

interface Props {
  subject: Key;
  opened: boolean;
  onClose: () => void;
  onSecret: (secret: Secret) => void;
}

export function RotateKey({ subject, opened, onClose, onSecret }: Props) {
  const client = useQueryClient();
  const [overlap, setOverlap] = useState("86400");
  const rotate = queries.useMutation("post", "/keys/{id}/rotate", {
    onSuccess: async ({ name, key, earlier_until }) => {
      onSecret({ name, key, earlierUntil: earlier_until ?? null });
      onClose();
      await client.invalidateQueries({ queryKey: ["get", "/keys"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    rotate.mutate({ params: { path: { id: subject.id } }, body: { overlap_secs: Number(overlap) } });
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Rotate an API key">
      <form className="stack" onSubmit={submit}>
        <div>
          <b>
            <Text>{subject.name}</Text>
          </b>{" "}
          gets a new secret, and keeps its role, its logs and its end.
        </div>
        <Field
          label="Earlier secrets work for"
          below={
            overlap === "0"
              ? "They end at once, with every token that they were exchanged for: right after a leak."
              : "Until then, change over whatever uses the key."
          }
        >
          {(id) => <SegmentedControl aria-labelledby={id} fullWidth value={overlap} onChange={setOverlap} data={OVERLAPS} />}
        </Field>
        {rotate.isError && <ErrorNotice error={rotate.error} />}
        <Group justify="flex-end" gap={8}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="filled" color="dark" loading={rotate.isPending}>
            Rotate
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
