/** Changes the password. */

import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { queries } from "../api/client";
import { ErrorNotice } from "../design/Placeholder";
import { PasswordInput } from "../design/fields";
import { say } from "../shell/say";
import css from "./Account.module.css";

const LENGTH_MIN = 8;
const LENGTH_MAX = 128;

export function Password() {
  const client = useQueryClient();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const change = queries.useMutation("put", "/account/password", {
    onSuccess: async () => {
      setCurrent("");
      setNext("");
      say("The password is changed, and your other sessions have ended");
      await client.invalidateQueries({ queryKey: ["get", "/account/sessions"] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ body: { current_password: current, new_password: next } });
  };
  return (
    <form className={css.form} onSubmit={submit}>
      <PasswordInput
        className={css.wide}
        label="Present password"
        autoComplete="current-password"
        required
        value={current}
        onChange={(event) => setCurrent(event.currentTarget.value)}
      />
      <PasswordInput
        className={css.wide}
        label="New password"
        description={`At least ${LENGTH_MIN} characters`}
        autoComplete="new-password"
        required
        minLength={LENGTH_MIN}
        maxLength={LENGTH_MAX}
        value={next}
        onChange={(event) => setNext(event.currentTarget.value)}
      />
      {change.isError && <ErrorNotice error={change.error} />}
      <Button type="submit" loading={change.isPending}>
        Change the password
      </Button>
      <div className="soft">All other sessions end. API keys go on working.</div>
    </form>
  );
}
