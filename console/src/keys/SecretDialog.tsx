/** Shows the secret of a key, this once. Only its button closes it, so that it is not lost by accident. */

import { Button, Group } from "@mantine/core";
import { useEffect, useState } from "react";
import { SecretText } from "../design/SecretText";
import { Text } from "../design/Text";
import { Time } from "../design/Time";
import { Checkbox, Modal } from "../design/fields";
import { quoted } from "../shell/snippets";

export interface Secret {
  name: string;
  key: string;
  /** After a rotation: until when earlier secrets work; null when they ended. */
  earlierUntil?: string | null;
}

export function SecretDialog({ secret, onClose }: { secret: Secret; onClose: () => void }) {
  const [isKept, setIsKept] = useState(false);
  const { name, key, earlierUntil } = secret;
  useEffect(() => {
    if (isKept) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isKept]);
  return (
    <Modal
      opened
      onClose={onClose}
      title={earlierUntil === undefined ? "The key is made" : "The key has a new secret"}
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <div className="stack">
        <div>
          This is the secret of{" "}
          <b>
            <Text>{name}</Text>
          </b>
          . It is shown this once and kept nowhere: keep it where your program gets its secrets.
          {earlierUntil === null && " Earlier secrets have ended."}
          {earlierUntil && (
            <>
              {" "}
              Earlier ones end <Time at={earlierUntil} />.
            </>
          )}
        </div>
        <SecretText label="Secret" value={key} />
        <SecretText label="For the command line and the examples" value={`export PRIMATOMIC_API_KEY=${quoted(key)}`} />
        <Group justify="space-between" gap={8}>
          <Checkbox
            label="I have kept the secret"
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
