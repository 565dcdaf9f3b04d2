/** Switches the second factor off, with the password and a code. */

import { Button, Group } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { queries } from "../api/client";
import { ErrorNotice } from "../design/Placeholder";
import { Modal, PasswordInput } from "../design/fields";
import { say } from "../shell/say";
import { CodeInput } from "./CodeInput";

export function SwitchOff({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const disable = queries.useMutation("delete", "/account/second-factor", {
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["get", "/account"] });
      onClose();
      say("The second factor is off");
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    disable.mutate({ body: { current_password: password, code } });
  };
  const forget = () => {
    disable.reset();
    setPassword("");
    setCode("");
  };
  return (
    <Modal opened={opened} onClose={onClose} onExitTransitionEnd={forget} title="Switch the second factor off">
      <form className="stack" onSubmit={submit}>
        <div>Logging in takes your password alone then. Your recovery codes work no more.</div>
        <PasswordInput
          label="Your password"
          autoComplete="current-password"
          required
          data-autofocus
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <CodeInput
          label="Code"
          description="What your authenticator shows, or a recovery code"
          value={code}
          onChange={setCode}
        />
        {disable.isError && <ErrorNotice error={disable.error} />}
        <Group justify="flex-end" gap={8}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="filled" color="red" loading={disable.isPending}>
            Switch off
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
