/** Makes a log. */

import { Button, Group } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { queries } from "../api/client";
import { ErrorNotice } from "../design/Placeholder";
import { Modal, SegmentedControl, TextInput } from "../design/fields";
import { RETENTION, RETENTION_NAMES, type Retention } from "./settings/retention";

export function CreateLog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [retention, setRetention] = useState<Retention>("keep_hot");
  const create = queries.useMutation("post", "/logs", {
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["get", "/logs"] });
      await navigate({ to: "/logs/$log", params: { log: name } });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    create.mutate({ body: { name, description: description || null, retention } });
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Create a log">
      <form className="stack" onSubmit={submit}>
        <TextInput
          label="Name"
          description="1 to 128 letters, digits, dots, hyphens and underscores"
          placeholder="customer-0042"
          required
          maxLength={128}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label="Description"
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
        />
        <div>
          <SegmentedControl
            aria-label="Where events are kept"
            value={retention}
            onChange={(value) => setRetention(value as Retention)}
            data={RETENTION_NAMES}
          />
          <div className="soft" style={{ marginTop: 6 }}>
            {RETENTION[retention]}
          </div>
        </div>
        {create.isError && <ErrorNotice error={create.error} />}
        <Group justify="flex-end" gap={8}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="filled" color="dark" loading={create.isPending}>
            Create
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
