/** Hands the tenant over to another person: the one thing that only they can take back. */

import { queries } from "../api/client";
import { Confirm } from "../design/Confirm";
import { Text } from "../design/Text";
import { useTenant } from "../session/tenant";
import { say } from "../shell/say";
import type { Member } from "./Members";
import { useTeamChange } from "./useTeamChange";

interface Props {
  member: Member;
  opened: boolean;
  onClose: () => void;
}

export function HandOver({ member, opened, onClose }: Props) {
  const tenant = useTenant();
  const changed = useTeamChange();
  const change = queries.useMutation("patch", "/tenants/me/members/{user_id}", {
    onSuccess: async () => {
      onClose();
      await changed();
      say(`${member.email} is the owner now`);
    },
  });
  return (
    <Confirm
      opened={opened}
      onClose={onClose}
      title="Hand the tenant over"
      action="Hand over"
      name={tenant.short_name}
      isPending={change.isPending}
      error={change.error}
      onConfirm={() => change.mutate({ params: { path: { user_id: member.user_id } }, body: { role: "owner" } })}
    >
      <b>
        <Text>{member.email}</Text>
      </b>{" "}
      becomes the owner of <b>{tenant.short_name}</b>, and you become an admin. Only they can hand it back. Your API keys with
      the role owner are lowered to admin.
    </Confirm>
  );
}
