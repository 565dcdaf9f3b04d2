/** Removes a member, after saying what goes with the membership. */

import { queries } from "../api/client";
import { Confirm } from "../design/Confirm";
import { Text } from "../design/Text";
import { plural } from "../format";
import { say } from "../shell/say";
import type { Member } from "./Members";
import { useTeamChange } from "./useTeamChange";

const KEYS_MAX = 1000;
const NAMED_MAX = 5;

interface Props {
  member: Member;
  opened: boolean;
  onClose: () => void;
}

export function RemoveMember({ member, opened, onClose }: Props) {
  const changed = useTeamChange();
  const remove = queries.useMutation("delete", "/tenants/me/members/{user_id}", {
    onSuccess: async ({ revoked_keys }) => {
      await changed();
      onClose();
      say(`${member.email} is removed, and ${plural(revoked_keys, "API key")} with them`);
    },
  });
  return (
    <Confirm
      opened={opened}
      onClose={onClose}
      title="Remove a member"
      action="Remove"
      isPending={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate({ params: { path: { user_id: member.user_id } } })}
    >
      <b>
        <Text>{member.email}</Text>
      </b>{" "}
      loses access to this tenant at once:
      <ul>
        <li>their sessions end,</li>
        <li>
          API keys that they made are revoked, and those that were made with these. <MadeKeys member={member} enabled={opened} />
        </li>
        <li>open invitations that they sent end.</li>
      </ul>
      Logs, events and views stay. The person can be invited again.
    </Confirm>
  );
}

/** Which keys that would be. */
function MadeKeys({ member, enabled }: { member: Member; enabled: boolean }) {
  const keys = queries.useQuery("get", "/keys", { params: { query: { limit: KEYS_MAX } } }, { enabled });
  if (!keys.data) return null;
  const made = keys.data.keys.filter(({ created_by }) => created_by.id === member.user_id);
  if (made.length === 0) return keys.data.next_cursor ? null : <>They made none.</>;
  const left = made.length - NAMED_MAX;
  return (
    <>
      Now that is{" "}
      {made.slice(0, NAMED_MAX).map((key, at) => (
        <span key={key.id}>
          {at > 0 && ", "}
          <b>
            <Text>{key.name}</Text>
          </b>
        </span>
      ))}
      {left > 0 && ` and ${left} more`}.
    </>
  );
}
