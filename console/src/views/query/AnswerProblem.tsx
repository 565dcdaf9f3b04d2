/** Why a question has no answer, and what can be done. */

import { PrimatomicError } from "@primatomic/client";
import { Button } from "@mantine/core";
import { problem, verbatim } from "../../api/error";
import { LinkButton } from "../../design/LinkButton";
import { Message } from "../../design/Message";
import { ErrorDetail, ErrorNotice } from "../../design/Placeholder";
import { count } from "../../format";

export function AnswerProblem({ log, error, retry }: { log: string; error: unknown; retry: () => void }) {
  const { code } = problem(error);
  const body = error instanceof PrimatomicError ? error.body : {};
  const text = verbatim(error);
  const again = <Button onClick={retry}>Ask again</Button>;
  if (code === "query_failed") {
    const named = body.view_code ? `The view answered with an error: ${body.view_code}` : "The view answered with an error";
    return (
      <Message title={named} text={text} actions={again}>
        {body.sequence !== undefined && <>It was asked in the state after event {count(body.sequence)}. </>}
        The words are the view’s own.
        <ErrorDetail error={error} />
      </Message>
    );
  }
  if (code === "view_behind") {
    return (
      <Message title="The view has not come so far yet" text={text} actions={again}>
        {body.applied !== undefined && <>It has applied the events up to {count(body.applied)}. </>}
        Ask again in a moment, or leave “After event” empty for the answer from what it has.
        <ErrorDetail error={error} />
      </Message>
    );
  }
  if (code === "view_failed") {
    const at = body.sequence ? String(body.sequence) : undefined;
    return (
      <Message
        title="The view has stopped, and can’t come so far"
        text={text}
        actions={
          <>
            {at && (
              <LinkButton to="/logs/$log" params={{ log }} search={{ from: at, event: at }}>
                See event {count(Number(at))}
              </LinkButton>
            )}
            {again}
          </>
        }
      >
        Without “After event” it answers from the state before that event.
        <ErrorDetail error={error} />
      </Message>
    );
  }
  return <ErrorNotice error={error} retry={retry} />;
}
