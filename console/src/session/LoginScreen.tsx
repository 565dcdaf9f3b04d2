/** Logging in: address and password, the tenant where there are several, or the link of a development server. */

import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useRouter } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { queries, type Schemas } from "../api/client";
import { problem } from "../api/error";
import { ErrorNotice, Skeleton } from "../design/Placeholder";
import { PasswordInput, TextInput } from "../design/fields";
import { Card } from "./Card";
import css from "./Card.module.css";
import { SecondStep } from "./SecondStep";

const route = getRouteApi("/login");

/** Goes where one wanted to, with nothing left of who was here before. */
export function useEnter() {
  const client = useQueryClient();
  const router = useRouter();
  return (next = "/") => {
    client.clear();
    // Addresses of other servers are none of ours.
    const path = next.startsWith("/") && !next.startsWith("//") ? next : "/";
    router.history.push(`/console${path}`);
  };
}

export function LoginScreen() {
  const { token } = route.useSearch();
  return token ? <LinkLogin token={token} /> : <PasswordLogin />;
}

/** The link works once, so it is used once, however often the page is drawn. */
function LinkLogin({ token }: { token: string }) {
  const enter = useEnter();
  const begun = useRef(false);
  const login = queries.useMutation("post", "/auth/link", { onSuccess: () => enter() });
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    login.mutate({ body: { token } });
  });
  return (
    <Card title="Logging in" below={login.isError && <Link to="/login">Log in with a password</Link>}>
      {login.isError ? <ErrorNotice error={login.error} /> : <Skeleton rows={1} />}
    </Card>
  );
}

function PasswordLogin() {
  const { next } = route.useSearch();
  const enter = useEnter();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [tenants, setTenants] = useState<Schemas["MembershipBody"][]>();
  const login = queries.useMutation("post", "/auth/login", {
    onSuccess: (answer) => (answer.expires_in ? enter(next) : setTenants(answer.tenants)),
  });
  const [code, setCode] = useState("");
  const [takesCode, setTakesCode] = useState(false);
  const failure = login.isError ? problem(login.error).code : undefined;
  useEffect(() => {
    if (failure === "second_factor_required") setTakesCode(true);
  }, [failure]);
  const submit = (tenant_id?: string) =>
    login.mutate({ body: { email, password, tenant_id, cookie: true, code: takesCode ? code : undefined } });
  if (!window.isSecureContext) return <Insecure />;
  if (tenants) {
    return (
      <Card title="Choose a tenant">
        {login.isError && <ErrorNotice error={login.error} />}
        {tenants.map((tenant) => (
          <button key={tenant.tenant_id} type="button" className={css.choice} onClick={() => submit(tenant.tenant_id)}>
            <b className="ellipsis">{tenant.short_name}</b>
            <span className="soft">{tenant.role}</span>
          </button>
        ))}
      </Card>
    );
  }
  if (takesCode) {
    return (
      <SecondStep
        code={code}
        onCode={setCode}
        error={failure === "second_factor_required" ? undefined : login.error}
        isPending={login.isPending}
        onSubmit={() => submit()}
        onBack={() => {
          login.reset();
          setTakesCode(false);
          setCode("");
        }}
      />
    );
  }
  const unverified = failure === "email_not_verified";
  return (
    <Card
      title="Log in"
      below={
        <>
          New here? <Link to="/signup">Sign up</Link>
        </>
      }
    >
      <form
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          submit();
        }}
      >
        {login.isError && <ErrorNotice error={login.error} />}
        {unverified && <Resend email={email} />}
        <TextInput
          label="Email"
          type="email"
          autoComplete="username"
          required
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label="Password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" variant="filled" color="dark" size="sm" loading={login.isPending}>
          Log in
        </Button>
        <Link to="/forgot-password">I forgot my password</Link>
      </form>
    </Card>
  );
}

/** Sends the verification mail again. */
export function Resend({ email }: { email: string }) {
  const resend = queries.useMutation("post", "/auth/resend-verification");
  if (resend.isSuccess) return <div>A new mail is on its way to {email}.</div>;
  return (
    <>
      {resend.isError && <ErrorNotice error={resend.error} />}
      <Button onClick={() => resend.mutate({ body: { email } })} loading={resend.isPending}>
        Send the mail again
      </Button>
    </>
  );
}

function Insecure() {
  return (
    <Card title="This address is not safe">
      A browser keeps the session of the console only where nobody can listen: open this server by <b>https</b>, or on
      its own machine by <span className="mono">http://localhost</span>.
    </Card>
  );
}
