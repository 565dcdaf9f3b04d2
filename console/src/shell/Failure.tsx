/** What stands in place of a screen that failed, or that there is none of. */

import { useQueryClient } from "@tanstack/react-query";
import { type ErrorComponentProps, useRouter } from "@tanstack/react-router";
import { LinkButton } from "../design/LinkButton";
import { Empty, ErrorNotice } from "../design/Placeholder";

export function Failure({ error }: ErrorComponentProps) {
  const router = useRouter();
  const client = useQueryClient();
  const retry = () => {
    void client.resetQueries();
    void router.invalidate();
  };
  return (
    <div style={{ maxWidth: 720, margin: "12vh auto", padding: "0 24px" }}>
      <ErrorNotice error={error} retry={retry} />
    </div>
  );
}

export function Missing() {
  return (
    <Empty title="There is no such page" action={<LinkButton to="/">Go home</LinkButton>}>
      The address may have been mistyped.
    </Empty>
  );
}
