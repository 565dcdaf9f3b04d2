/** Makes an API key. */

import { Button, Group } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { queries } from "../api/client";
import { ErrorNotice } from "../design/Placeholder";
import { Modal, TextInput } from "../design/fields";
import { RoleChoice } from "../session/RoleChoice";
import { ROLES } from "../session/roles";
import { includes, type Role, useTenant } from "../session/tenant";
import { expiresAt, type Preset } from "./expiry";
import { ExpiryChoice } from "./ExpiryChoice";
import { LogChoice } from "./LogChoice";
import type { Secret } from "./SecretDialog";

interface Props {
  opened: boolean;
  onClose: () => void;
  onSecret: (secret: Secret) => void;
}

export function CreateKey(props: Props) {
  return (
    <Modal opened={props.opened} onClose={props.onClose} title="Create an API key">
      <Form {...props} />
    </Modal>
  );
}

function Form({ onClose, onSecret }: Props) {
  const client = useQueryClient();
  const tenant = useTenant();
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("member");
  const [logs, setLogs] = useState<string[] | null>(null);
  const [preset, setPreset] = useState<Preset>("90");
  const [date, setDate] = useState<string | null>(null);
  const create = queries.useMutation("post", "/keys", {
    onSuccess: async (made) => {
      onSecret({ name: made.name, key: made.key });
      onClose();
      await client.invalidateQueries({ queryKey: ["get", "/keys"] });
      await client.invalidateQueries({ queryKey: ["get", "/tenants/me"] });
    },
  });
  const isComplete = (logs === null || logs.length > 0) && (preset !== "date" || date !== null);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!isComplete) return;
    create.mutate({ body: { name, role, logs, expires_at: expiresAt(preset, date, new Date()) } });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextInput
        label="Name"
        description="What it is for, so that people know it again"
        placeholder="ingest"
        required
        maxLength={128}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <RoleChoice label="Role" roles={ROLES.filter((it) => includes(tenant.role, it))} value={role} onChange={setRole} />
      <LogChoice value={logs} onChange={setLogs} />
      <ExpiryChoice preset={preset} onPreset={setPreset} date={date} onDate={setDate} />
      {create.isError && <ErrorNotice error={create.error} />}
      <Group justify="flex-end" gap={8}>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="filled" color="dark" disabled={!isComplete} loading={create.isPending}>
          Create
        </Button>
      </Group>
    </form>
  );
}
