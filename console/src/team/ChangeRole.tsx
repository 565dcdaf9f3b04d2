/** Gives a member another role. */

import { Button, Group } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { queries } from "../api/client";
import { ErrorNotice } from "../design/Placeholder";
import { Text } from "../design/Text";
import { Modal } from "../design/fields";
import { RoleChoice } from "../session/RoleChoice";
import { givable, ROLE_NAMES } from "../session/roles";
import { includes, useTenant } from "../session/tenant";
import { say } from "../shell/say";
import type { Member } from "./Members";
import { useTeamChange } from "./useTeamChange";

interface Props {
  member: Member;
  opened: boolean;
  onClose: () => void;
}

export function ChangeRole({ member, opened, onClose }: Props) {
  const tenant = useTenant();
  const changed = useTeamChange();
  const [role, setRole] = useState(member.role);
  const change = queries.useMutation("patch", "/tenants/me/members/{user_id}", {
    onSuccess: async () => {
      await changed();
      onClose();
      say(`${member.email} is ${ROLE_NAMES[role]} now`);
    },
  });
  const isLower = !includes(role, member.role);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ params: { path: { user_id: member.user_id } }, body: { role } });
  };
  return (
    <Modal opened={opened} onClose={onClose} title="Change the role">
      <form className="stack" onSubmit={submit}>
        <div>
          <b>
            <Text>{member.email}</Text>
          </b>{" "}
          is {ROLE_NAMES[member.role]}.
        </div>
        <RoleChoice label="New role" roles={givable(tenant.role)} value={role} onChange={setRole} />
        <div className="soft" aria-live="polite">
          {isLower
            ? "It takes effect at once, in open sessions as well. API keys that this person made are lowered where they are above the new role."
            : "Open sessions stay what they are: a higher role is taken up on this screen, or with the next login. API keys stay as they are."}
        </div>
        {change.isError && <ErrorNotice error={change.error} />}
        <Group justify="flex-end" gap={8}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="filled" color="dark" disabled={role === member.role} loading={change.isPending}>
            Change the role
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
