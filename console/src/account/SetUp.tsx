/** Sets a second factor up: the password once more, then the authenticator's first code. */

import { Button, Group } from "@mantine/core";
import { type FormEvent, lazy, Suspense, useState } from "react";
import { queries } from "../api/client";
import { ErrorNotice, Skeleton } from "../design/Placeholder";
import { SecretText } from "../design/SecretText";
import { Modal, PasswordInput } from "../design/fields";
import css from "./Account.module.css";
import { CodeInput } from "./CodeInput";

const QrCode = lazy(() => import("./QrCode"));

interface Props {
  opened: boolean;
  onClose: () => void;
  onCodes: (codes: string[]) => void;
}

export function SetUp({ opened, onClose, onCodes }: Props) {
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const begin = queries.useMutation("post", "/account/second-factor", { onSuccess: () => setPassword("") });
  const confirm = queries.useMutation("post", "/account/second-factor/confirm", {
    onSuccess: ({ recovery_codes }) => onCodes(recovery_codes),
    onError: () => setCode(""),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (begin.data) confirm.mutate({ body: { code } });
    else begin.mutate({ body: { current_password: password } });
  };
  const forget = () => {
    begin.reset();
    confirm.reset();
    setPassword("");
    setCode("");
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      onExitTransitionEnd={forget}
      title="Set up a second factor"
      size="lg"
      closeOnClickOutside={!begin.data}
    >
      <form className="stack" onSubmit={submit}>
        {begin.data ? (
          <>
            <div className={css.setUp}>
              <Suspense fallback={<Skeleton rows={1} height={196} />}>
                <QrCode text={begin.data.otpauth_url} />
              </Suspense>
              <div className="stack">
                <div>Scan this with an authenticator, such as the one that your phone has, or give it the secret.</div>
                <SecretText label="Secret" value={begin.data.secret} />
                <SecretText label="Link" value={begin.data.otpauth_url} />
              </div>
            </div>
            <CodeInput label="Code that it shows now" value={code} onChange={setCode} />
            {confirm.isError && <ErrorNotice error={confirm.error} />}
          </>
        ) : (
          <>
            <PasswordInput
              label="Your password, once more"
              autoComplete="current-password"
              required
              data-autofocus
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
            />
            {begin.isError && <ErrorNotice error={begin.error} />}
          </>
        )}
        <Group justify="flex-end" gap={8}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="filled" color="dark" loading={begin.isPending || confirm.isPending}>
            {begin.data ? "Switch on" : "Go on"}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
