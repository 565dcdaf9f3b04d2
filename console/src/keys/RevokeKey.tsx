/** Revokes a key. */

import { useQueryClient } from "@tanstack/react-query";
import { queries } from "../api/client";
import { Confirm } from "../design/Confirm";
import { Text } from "../design/Text";
import { Time } from "../design/Time";
import { plural } from "../format";
import { say } from "../shell/say";
import type { Key } from "./KeyList";

export function RevokeKey({ subject, opened, onClose }: { subject: Key; opened: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const revoke = queries.useMutation("delete", "/keys/{id}", {
    onSuccess: async ({ revoked }) => {
      await client.invalidateQueries({ queryKey: ["get", "/keys"] });
      await client.invalidateQueries({ queryKey: ["get", "/tenants/me"] });
      onClose();
      say(`${plural(revoked.length, "key")} revoked`);
    },
  });
  return (
    <Confirm
      opened={opened}
      onClose={onClose}
      title="Revoke an API key"
      action="Revoke"
      isPending={revoke.isPending}
      error={revoke.error}
      onConfirm={() => revoke.mutate({ params: { path: { id: subject.id } } })}
    >
      <b>
        <Text>{subject.name}</Text>
      </b>{" "}
      works no more from now on, and neither do the keys that were made with it. This can't be taken back.{" "}
      {subject.last_used_at ? (
        <>
          It was last used <Time at={subject.last_used_at} />.
        </>
      ) : (
        "It was never used."
      )}
    </Confirm>
  );
}
