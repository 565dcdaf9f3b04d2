/** A log that is being deleted: how far that is, and back to the list when nothing is left. */

import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { queries } from "../api/client";
import { LinkButton } from "../design/LinkButton";
import { Page } from "../design/Page";
import { Pill } from "../design/Pill";
import { say } from "../shell/say";
import { DeletionProgress } from "../views/DeletionProgress";

export default function DeletedLog({ name, job }: { name: string; job: string }) {
  const navigate = useNavigate();
  const { data } = queries.useQuery("get", "/deletions/{id}", { params: { path: { id: job } } });
  const isDone = data?.state === "done";
  useEffect(() => {
    if (!isDone) return;
    say(`Nothing of ${name} is left`);
    void navigate({ to: "/logs", replace: true });
  }, [isDone, name, navigate]);
  return (
    <Page name={name} title={name} beside={<Pill tone="quiet">deleted</Pill>} actions={<LinkButton to="/logs">All logs</LinkButton>}>
      <DeletionProgress job={job} />
    </Page>
  );
}
