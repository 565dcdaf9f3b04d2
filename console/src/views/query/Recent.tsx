/** Questions that this browser asked of the view, and those that were saved with a name. */

import { ActionIcon, Button } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { TextInput } from "../../design/fields";
import { CloseIcon } from "../../design/icons";
import { Panel } from "../../design/Panel";
import { visibleLine } from "../../design/visible";
import css from "./QueryTab.module.css";
import type { useHistory } from "./history";
import { inWords, type Question } from "./question";

interface Props {
  history: ReturnType<typeof useHistory>;
  asked?: Question;
  onAsk: (question: Question) => void;
}

const RECENT = 8;
const NAME_CHARACTERS = 80;

export function Recent({ history, asked, onAsk }: Props) {
  const { saved } = history;
  const recent = history.asked.slice(0, RECENT);
  if (recent.length === 0 && saved.length === 0) return null;
  return (
    <>
      {saved.length > 0 && (
        <Panel>
          <div className={css.heading}>
            <h2>Saved</h2>
          </div>
          <ul className={css.list}>
            {saved.map((entry) => (
              <li key={entry.name}>
                <button type="button" className={css.entry} onClick={() => onAsk(entry.question)}>
                  <b>{entry.name}</b> <bdi>{visibleLine(inWords(entry.question))}</bdi>
                </button>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size={22}
                  aria-label={`Forget ${entry.name}`}
                  onClick={() => history.forget(entry)}
                >
                  <CloseIcon />
                </ActionIcon>
              </li>
            ))}
          </ul>
        </Panel>
      )}
      {recent.length > 0 && (
        <Panel>
          <div className={css.heading}>
            <h2>Recent</h2>
            {asked && <Save onSave={(name) => history.save(name, asked)} />}
          </div>
          <ul className={css.list}>
            {recent.map(({ question }, at) => (
              <li key={at}>
                <button type="button" className={css.entry} onClick={() => onAsk(question)}>
                  <bdi>{visibleLine(inWords(question))}</bdi>
                </button>
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}

/** Keeps the question that was asked last under a name. */
function Save({ onSave }: { onSave: (name: string) => void }) {
  const [name, setName] = useState<string>();
  if (name === undefined) return <Button onClick={() => setName("")}>Save the question</Button>;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) onSave(name.trim());
    setName(undefined);
  };
  return (
    <form className="row" style={{ flexWrap: "nowrap" }} onSubmit={submit}>
      <TextInput
        size="xs"
        aria-label="Name of the question"
        placeholder="Name"
        maxLength={NAME_CHARACTERS}
        autoFocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => event.key === "Escape" && setName(undefined)}
      />
      <Button type="submit">Save</Button>
    </form>
  );
}
