/** The answer of a view; beside it, where that is asked for, what it was at an earlier event. */

import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { problem } from "../../api/error";
import { Bytes, FormSwitch } from "../../design/Bytes";
import { Copy } from "../../design/Copy";
import { Diff } from "../../design/Diff";
import { Empty, Skeleton } from "../../design/Placeholder";
import { visibleLine } from "../../design/visible";
import { bytes, count } from "../../format";
import type { View } from "../standing";
import { AnswerProblem } from "./AnswerProblem";
import { readable } from "./answers";
import type { Answer } from "./ask";
import { Past } from "./Past";
import css from "./QueryTab.module.css";
import type { Question } from "./question";
import { Panel } from "../../design/Panel";

export interface Props {
  log: string;
  view: View;
  asked?: Question;
  /** The answer from the newest state. */
  now: UseQueryResult<Answer>;
  /** The answer at `as_of`, if the question has one. */
  then: UseQueryResult<Answer>;
  form?: string;
  onForm: (form: string) => void;
  onAsOf: (sequence?: string) => void;
}

export function AnswerPanel({ log, view, asked, now, then, form, onForm, onAsOf }: Props) {
  const isPast = asked?.as_of !== undefined;
  // A server that keeps no past states says so once; what it can answer is shown all the same.
  const hasNoPast = isPast && then.isError && problem(then.error).code === "not_implemented";
  const shown = isPast && !hasNoPast ? then : now;
  const isDiff = isPast && !hasNoPast && (form === undefined || form === "diff");
  const answer = shown.data;
  return (
    <Panel flush>
      <div className={css.head}>
        <h2>Answer</h2>
        {answer && !shown.isError && <About answer={answer} isPast={isPast && !hasNoPast} />}
        <span className="grow" />
        {answer && !shown.isError && (
          <>
            {answer.content.isText && answer.content.bytes.length > 0 && (
              <Copy value={answer.content.text} label="Copy the answer" />
            )}
            <FormSwitch content={answer.content} form={form} onForm={onForm} extra={isPast && !hasNoPast ? [["diff", "Difference"]] : undefined} />
          </>
        )}
      </div>
      <div className={css.body} aria-busy={shown.isFetching} aria-live="polite">
        <Shown log={log} asked={asked} now={now} shown={shown} isDiff={isDiff} form={form} />
      </div>
      <Past view={view} asked={asked} onAsOf={onAsOf} error={hasNoPast ? then.error : undefined} />
    </Panel>
  );
}

function About({ answer, isPast }: { answer: Answer; isPast: boolean }) {
  return (
    <span className="soft">
      at event {count(answer.sequence)}
      {isPast && ", against now"} · <bdi>{visibleLine(answer.contentType)}</bdi> · {bytes(answer.content.bytes.length)}
    </span>
  );
}

interface ShownProps extends Pick<Props, "log" | "asked" | "now" | "form"> {
  shown: UseQueryResult<Answer>;
  isDiff: boolean;
}

function Shown({ log, asked, now, shown, isDiff, form }: ShownProps): ReactNode {
  if (!asked) {
    return (
      <Empty title="Nothing asked yet">
        Put in what the view takes, such as a month, and ask. Many views need nothing at all. The answer appears here.
      </Empty>
    );
  }
  if (shown.isError && !shown.isFetching) {
    return <AnswerProblem log={log} error={shown.error} retry={() => void shown.refetch()} />;
  }
  if (!shown.data) return shown.isFetching ? <Skeleton rows={5} /> : <Empty title="Cancelled">Ask again when you like.</Empty>;
  if (isDiff) {
    if (now.isError) return <AnswerProblem log={log} error={now.error} retry={() => void now.refetch()} />;
    if (!now.data) return <Skeleton rows={5} />;
    return (
      <Diff
        label="The answer then and now"
        before={readable(shown.data.content)}
        after={readable(now.data.content)}
        isJson={shown.data.content.json !== undefined && now.data.content.json !== undefined}
      />
    );
  }
  return (
    <div className={shown.isFetching ? css.stale : undefined}>
      <Bytes content={shown.data.content} form={form} />
    </div>
  );
}
