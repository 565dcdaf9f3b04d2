/** The second step of logging in, for people with a second factor. */

import { Button } from "@mantine/core";
import type { FormEvent } from "react";
import { ErrorNotice } from "../design/Placeholder";
import { TextInput } from "../design/fields";
import { Card } from "./Card";

interface Props {
  code: string;
  onCode: (code: string) => void;
  error: unknown;
  isPending: boolean;
  onSubmit: () => void;
  onBack: () => void;
}

export function SecondStep({ code, onCode, error, isPending, onSubmit, onBack }: Props) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Card title="Your second factor">
      <form onSubmit={submit}>
        {error ? <ErrorNotice error={error} /> : null}
        <TextInput
          label="Code"
          description="What your authenticator shows, or a recovery code"
          required
          autoFocus
          autoComplete="one-time-code"
          maxLength={64}
          value={code}
          onChange={(event) => onCode(event.currentTarget.value.trim())}
        />
        <Button type="submit" variant="filled" color="dark" size="sm" loading={isPending}>
          Log in
        </Button>
        <Button size="sm" onClick={onBack}>
          Back
        </Button>
      </form>
    </Card>
  );
}
