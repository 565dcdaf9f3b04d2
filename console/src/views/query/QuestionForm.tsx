/** What is asked: parameters or a body, after which event, of which version. */

import { Button } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { NativeSelect, SegmentedControl, Textarea, TextInput } from "../../design/fields";
import { Panel } from "../../design/Panel";
import { duration } from "../../format";
import type { View } from "../standing";
import { ParameterRows } from "./ParameterRows";
import css from "./QueryTab.module.css";
import { flaw, type Question } from "./question";

interface Props {
  view: View;
  draft: Question;
  isShareable: boolean;
  onChange: (fields: Partial<Question>) => void;
  onAsk: () => void;
  onCancel: () => void;
  isAsking: boolean;
  /** How long the last answer took. */
  seconds?: number;
}

export function QuestionForm({ view, draft, isShareable, onChange, onAsk, onCancel, isAsking, seconds }: Props) {
  const [wantsBody, setWantsBody] = useState(draft.body !== undefined);
  const hasBody = draft.body !== undefined || (wantsBody && !draft.parameters);
  const wrong = flaw(draft);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onAsk();
  };
  const choose = (kind: string) => {
    setWantsBody(kind === "body");
    onChange(kind === "body" ? { parameters: undefined } : { body: undefined });
  };
  return (
    <Panel>
      <form className={css.fields} onSubmit={submit}>
        <h2 className={css.title}>Question</h2>
        <SegmentedControl
          size="xs"
          aria-label="What is sent"
          value={hasBody ? "body" : "parameters"}
          onChange={choose}
          data={[
            { value: "parameters", label: "Parameters" },
            { value: "body", label: "Body" },
          ]}
        />
        {hasBody ? (
          <Textarea
            aria-label="Body"
            placeholder='{"month":"2026-11"}'
            rows={6}
            styles={{ input: { fontFamily: "var(--mono)", fontSize: 12.5 } }}
            description={isShareable ? undefined : "Too long for the address: a link to this page will not have it."}
            value={draft.body ?? ""}
            onChange={(event) => onChange({ body: event.currentTarget.value || undefined })}
          />
        ) : (
          <ParameterRows parameters={draft.parameters} onChange={(parameters) => onChange({ parameters })} />
        )}
        <div className={css.pair}>
          <TextInput
            label="After event"
            placeholder="latest"
            inputMode="numeric"
            value={draft.after ?? ""}
            onChange={(event) => onChange({ after: event.currentTarget.value.trim() || undefined })}
          />
          <NativeSelect
            label="Version"
            value={draft.version ?? ""}
            onChange={(event) => onChange({ version: event.currentTarget.value || undefined })}
            data={versions(view, draft.version)}
          />
        </div>
        {wrong && (
          <div role="alert" style={{ color: "var(--bad)" }}>
            {wrong}
          </div>
        )}
        <div className="row">
          {isAsking ? (
            <Button onClick={onCancel}>Cancel</Button>
          ) : (
            <Button type="submit" variant="filled" color="dark" disabled={wrong !== undefined}>
              Ask
              <kbd className={css.key} aria-hidden>
                ⌘⏎
              </kbd>
            </Button>
          )}
          <span className="grow" />
          <span className="faint" role="status">
            {isAsking ? "Asking" : seconds !== undefined && duration(seconds)}
          </span>
        </div>
      </form>
    </Panel>
  );
}

function versions(view: View, chosen?: string) {
  const numbers = view.versions.map(({ version, state, live }) => ({
    value: String(version),
    label: `${version}, ${live ? "live" : state}`,
  }));
  if (chosen && !numbers.some(({ value }) => value === chosen)) numbers.push({ value: chosen, label: chosen });
  return [{ value: "", label: "the live one" }, ...numbers];
}
