/** Accepting an invitation: a known address gives its password, a new one chooses it. */

import { Button } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { queries } from "../api/client";
import { ErrorNotice, Skeleton } from "../design/Placeholder";
import { Time } from "../design/Time";
import { PasswordInput } from "../design/fields";
import { Card } from "./Card";

const route = getRouteApi("/invite");

export function InvitationScreen() {
  const { token = "" } = route.useSearch();
  const [password, setPassword] = useState("");
  const offer = queries.useQuery("get", "/invitations/{token}", { params: { path: { token } } });
  const accept = queries.useMutation("post", "/invitations/{token}/accept");
  if (offer.isError) {
    return (
      <Card title="Invitation" below="Ask who invited you for a new one.">
        <ErrorNotice error={offer.error} />
      </Card>
    );
  }
  if (!offer.data) {
    return (
      <Card title="Invitation">
        <Skeleton rows={3} />
      </Card>
    );
  }
  const { email, short_name, role, expires_at } = offer.data;
  if (accept.isSuccess) {
    return (
      <Card title={`You are a member of ${short_name}`}>
        <Link to="/login">Log in</Link>
      </Card>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    accept.mutate({ params: { path: { token } }, body: { email, password } });
  };
  return (
    <Card title={`Join ${short_name}`}>
      <form onSubmit={submit}>
        {accept.isError && <ErrorNotice error={accept.error} />}
        <div>
          <b>{email}</b> was invited as <b>{role}</b>. The invitation ends <Time at={expires_at} />.
        </div>
        <input type="hidden" autoComplete="username" value={email} readOnly />
        <PasswordInput
          label="Password"
          description="Yours, if you have an account with this address; else choose one of at least 8 characters"
          required
          minLength={8}
          autoFocus
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" color="dark" size="sm" loading={accept.isPending}>
          Accept
        </Button>
      </form>
    </Card>
  );
}
