/** Makes new recovery codes; those from before work no more. */

import { Button, Group } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { queries } from "../api/client";
import { ErrorNotice } from "../design/Placeholder";
import { Modal } from "../design/fields";
import { CodeInput } from "./CodeInput";

interface Props {
  opened: boolean;
  onClose: () => void;
  onCodes: (codes: string[]) => void;
}

export function NewCodes({ opened, onClose, onCodes }: Props) {
  const [code, setCode] = useState("");
  const renew = queries.useMutation("post", "/account/recovery-codes", {
    onSuccess: ({ recovery_codes }) => onCodes(recovery_codes),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    renew.mutate({ body: { code } });
  };
  const forget = () => {
    renew.reset();
    setCode("");
  };
  return (
    <Modal opened={opened} onClose={onClose} onExitTransitionEnd={forget} title="New recovery codes">
      <form className="stack" onSubmit={submit}>
        <div>Those that you have work no more.</div>
        <CodeInput label="Code of your authenticator" value={code} onChange={setCode} />
        {renew.isError && <ErrorNotice error={renew.error} />}
        <Group justify="flex-end" gap={8}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="filled" color="dark" loading={renew.isPending}>
            Make new codes
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
