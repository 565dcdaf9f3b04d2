/** Signing up: a tenant with its owner. */

import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { queries } from "../api/client";
import { ErrorNotice } from "../design/Placeholder";
import { PasswordInput, TextInput } from "../design/fields";
import { Card } from "./Card";
import { Resend } from "./LoginScreen";

export function SignupScreen() {
  const [tenant, setTenant] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signup = queries.useMutation("post", "/tenants");
  if (signup.isSuccess && signup.data.email_verified) {
    return (
      <Card title={`Welcome, ${tenant}`}>
        <Link to="/login">Log in</Link>
      </Card>
    );
  }
  if (signup.isSuccess) {
    return (
      <Card title="Look into your mailbox" below={<Link to="/login">Log in</Link>}>
        <div className="stack">
          <div>
            A mail with a link went to <b>{email}</b>. Open the link, and then log in.
          </div>
          <Resend email={email} />
        </div>
      </Card>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signup.mutate({ body: { short_name: tenant, owner_email: email, owner_password: password } });
  };
  return (
    <Card
      title="Sign up"
      below={
        <>
          Known here? <Link to="/login">Log in</Link>
        </>
      }
    >
      <form onSubmit={submit}>
        {signup.isError && <ErrorNotice error={signup.error} />}
        <TextInput
          label="Name of your tenant"
          description="Your company or project: lower-case letters, digits and hyphens"
          required
          autoFocus
          autoComplete="organization"
          value={tenant}
          onChange={(event) => setTenant(event.currentTarget.value)}
        />
        <TextInput
          label="Email"
          type="email"
          autoComplete="username"
          required
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          description="At least 8 characters"
          autoComplete="new-password"
          required
          minLength={8}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" color="dark" size="sm" loading={signup.isPending}>
          Sign up
        </Button>
      </form>
    </Card>
  );
}
