/** Names and values, one pair in a row; there is always an empty one to type into. */

import { ActionIcon } from "@mantine/core";
import { useState } from "react";
import { TextInput } from "../../design/fields";
import { CloseIcon } from "../../design/icons";
import css from "./QueryTab.module.css";
import { type Pair, pairs, parametersOf } from "./question";

interface Props {
  parameters?: string;
  onChange: (parameters?: string) => void;
}

const EMPTY: Pair = ["", ""];

export function ParameterRows({ parameters, onChange }: Props) {
  const [rows, setRows] = useState<Pair[]>(() => pairs(parameters));
  // What comes from elsewhere, such as the history, takes the place of what is typed.
  const shown = parametersOf(rows) === parameters ? rows : pairs(parameters);
  const all = shown.at(-1)?.some(Boolean) === false ? shown : [...shown, EMPTY];
  const change = (next: Pair[]) => {
    setRows(next);
    onChange(parametersOf(next));
  };
  const set = (at: number, part: 0 | 1, text: string) =>
    change(all.map((row, other): Pair => (other !== at ? row : part === 0 ? [text, row[1]] : [row[0], text])));
  return (
    <div role="group" aria-label="Parameters">
      {all.map(([name, value], at) => (
        <div key={at} className={css.parameter}>
          <TextInput
            aria-label={`Name of parameter ${at + 1}`}
            placeholder="name"
            value={name}
            onChange={(event) => set(at, 0, event.currentTarget.value)}
          />
          <TextInput
            aria-label={`Value of parameter ${at + 1}`}
            placeholder="value"
            value={value}
            onChange={(event) => set(at, 1, event.currentTarget.value)}
          />
          {(name || value) && (
            <ActionIcon
              variant="subtle"
              color="gray"
              size={26}
              aria-label={`Remove parameter ${at + 1}`}
              onClick={() => change(all.filter((_, other) => other !== at))}
            >
              <CloseIcon />
            </ActionIcon>
          )}
        </div>
      ))}
    </div>
  );
}
