/** A forgotten password: asking for a mail, and setting a new one with its link. */

import { Button } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { queries } from "../api/client";
import { ErrorNotice } from "../design/Placeholder";
import { PasswordInput, TextInput } from "../design/fields";
import { Card } from "./Card";

export function ForgotScreen() {
  const [email, setEmail] = useState("");
  const forgot = queries.useMutation("post", "/auth/forgot-password");
  if (forgot.isSuccess) {
    return (
      <Card title="Look into your mailbox" below={<Link to="/login">Log in</Link>}>
        If <b>{email}</b> has an account, a mail with a link is on its way. The link works once, for one hour.
      </Card>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    forgot.mutate({ body: { email } });
  };
  return (
    <Card title="Set a new password" below={<Link to="/login">Log in</Link>}>
      <form onSubmit={submit}>
        {forgot.isError && <ErrorNotice error={forgot.error} />}
        <TextInput
          label="Email"
          type="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" color="dark" size="sm" loading={forgot.isPending}>
          Send me a link
        </Button>
      </form>
    </Card>
  );
}

const route = getRouteApi("/reset-password");

export function ResetScreen() {
  const { token = "" } = route.useSearch();
  const [password, setPassword] = useState("");
  const reset = queries.useMutation("post", "/auth/reset-password");
  if (reset.isSuccess) {
    return (
      <Card title="Your password is set">
        All sessions have ended. <Link to="/login">Log in</Link>
      </Card>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    reset.mutate({ body: { token, password } });
  };
  return (
    <Card title="Set a new password" below={<Link to="/forgot-password">Get a new link</Link>}>
      <form onSubmit={submit}>
        {reset.isError && <ErrorNotice error={reset.error} />}
        <PasswordInput
          label="New password"
          description="At least 8 characters"
          required
          minLength={8}
          autoFocus
          autoComplete="new-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" color="dark" size="sm" loading={reset.isPending}>
          Set the password
        </Button>
      </form>
    </Card>
  );
}
