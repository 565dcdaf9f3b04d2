/** Asks a view: the question on the left, the answer on the right. */

import { getRouteApi } from "@tanstack/react-router";
import { useCopyAs } from "../../shell/copyAs";
import { useKeys } from "../../shell/shortcuts";
import { querySnippets } from "../snippets";
import type { View } from "../standing";
import { AnswerPanel } from "./AnswerPanel";
import { useAnswer } from "./ask";
import { useHistory } from "./history";
import { flaw, type Question, question } from "./question";
import { QuestionForm } from "./QuestionForm";
import css from "./QueryTab.module.css";
import { Recent } from "./Recent";
import { useQuestion } from "./useQuestion";

const route = getRouteApi("/inside/logs/$log/views/$view");

export function QueryTab({ log, view }: { log: string; view: View }) {
  const name = view.view_name;
  const { form } = route.useSearch();
  const navigate = route.useNavigate();
  const { draft, asked, isShareable, change, ask, cancel } = useQuestion(log, name);
  const history = useHistory(log, name);
  const now = useAnswer(log, name, asked && question({ ...asked, as_of: undefined }));
  const then = useAnswer(log, name, asked?.as_of ? asked : undefined);
  const isAsking = now.isFetching || then.isFetching;
  const put = (next: Question) => {
    if (flaw(next)) return;
    history.remember(next);
    ask(next);
  };
  useKeys({ "$mod+Enter": () => put(draft) });
  useCopyAs(querySnippets(log, name, draft));
  return (
    <div className={css.split}>
      <div className={css.side}>
        <QuestionForm
          view={view}
          draft={draft}
          isShareable={isShareable}
          onChange={change}
          onAsk={() => put(draft)}
          onCancel={cancel}
          isAsking={isAsking}
          seconds={isAsking ? undefined : now.data?.seconds}
        />
        <Recent history={history} asked={asked} onAsk={put} />
      </div>
      <AnswerPanel
        log={log}
        view={view}
        asked={asked}
        now={now}
        then={then}
        form={form}
        onForm={(form) => void navigate({ search: (before) => ({ ...before, form }), replace: true, resetScroll: false })}
        onAsOf={(sequence) => put(question({ ...(asked ?? draft), as_of: sequence }))}
      />
    </div>
  );
}
