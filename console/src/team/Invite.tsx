/** Invites somebody by mail, and shows the link, which works without the mail. */

import { Button, Group } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { queries } from "../api/client";
import { ErrorNotice } from "../design/Placeholder";
import { SecretText } from "../design/SecretText";
import { Text } from "../design/Text";
import { Time } from "../design/Time";
import { Modal, TextInput } from "../design/fields";
import { RoleChoice } from "../session/RoleChoice";
import { givable, ROLE_NAMES } from "../session/roles";
import { type Role, useTenant } from "../session/tenant";
import { useTeamChange } from "./useTeamChange";

interface Props {
  opened: boolean;
  onClose: () => void;
}

export function Invite({ opened, onClose }: Props) {
  const tenant = useTenant();
  const changed = useTeamChange();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("member");
  const invite = queries.useMutation("post", "/tenants/me/invitations", { onSuccess: () => changed() });
  const again = () => {
    invite.reset();
    setEmail("");
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate({ body: { email, role } });
  };
  const sent = invite.data;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      onExitTransitionEnd={again}
      title={sent ? "The invitation is on its way" : "Invite somebody"}
      closeOnClickOutside={!sent}
    >
      {sent ? (
        <div className="stack">
          <div>
            A mail went to{" "}
            <b>
              <Text>{sent.email}</Text>
            </b>
            . Its link makes them {ROLE_NAMES[sent.role]} of {tenant.short_name}, works once, and ends <Time at={sent.expires_at} />.
          </div>
          <SecretText label="Link" value={sent.invite_url}>
            Should the mail not arrive, send this link yourself. It is shown this once, and whoever has it can accept in the
            name of this address. Only the mail proves the address: somebody new who comes by this link gets another mail to
            do so.
          </SecretText>
          <Group justify="flex-end" gap={8}>
            <Button onClick={again}>Invite another</Button>
            <Button variant="filled" color="dark" onClick={onClose}>
              Done
            </Button>
          </Group>
        </div>
      ) : (
        <form className="stack" onSubmit={submit}>
          <TextInput
            label="Email"
            type="email"
            required
            data-autofocus
            autoComplete="off"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <RoleChoice label="Role" roles={givable(tenant.role)} value={role} onChange={setRole} />
          {invite.isError && <ErrorNotice error={invite.error} />}
          <Group justify="flex-end" gap={8}>
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" variant="filled" color="dark" loading={invite.isPending}>
              Invite
            </Button>
          </Group>
        </form>
      )}
    </Modal>
  );
}
