/** What is above the events: the filter, going to a place, and pausing. */

import { Button } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import { TextInput } from "../../design/fields";
import { SearchIcon } from "../../design/icons";
import { useZone } from "../../preferences";
import type { LogSearch } from "../search";
import css from "./EventsTab.module.css";
import { place } from "./moment";

interface Props {
  search: LogSearch;
  change: (change: LogSearch) => void;
  /** Whether what is appended comes into sight by itself. */
  isLive: boolean;
  onLive: () => void;
}

/** Expressions begin with what they look at; all else is text. */
const isExpression = (typed: string) => /^[@!(]/.test(typed);

export function FilterBar({ search, change, isLive, onLive }: Props) {
  const asked = search.filter ?? search.text ?? "";
  const [typed, setTyped] = useState(asked);
  useEffect(() => setTyped(asked), [asked]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const wanted = typed.trim();
    const kind = isExpression(wanted) ? { filter: wanted, text: undefined } : { text: wanted || undefined, filter: undefined };
    change({ ...kind, from: undefined });
  };
  return (
    <div className={css.bar}>
      <form onSubmit={submit} className="grow">
        <TextInput
          aria-label="Filter events"
          placeholder={'Text, or an expression such as @.model == "gpt-4"'}
          leftSection={<SearchIcon />}
          classNames={{ input: "mono" }}
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") change({ text: undefined, filter: undefined });
          }}
          autoComplete="off"
          spellCheck={false}
          enterKeyHint="search"
        />
      </form>
      <GoTo change={change} at={search.at} from={search.from} />
      <Button className={css.pause} onClick={onLive}>
        {isLive ? "Pause" : "Go on"}
      </Button>
    </div>
  );
}

function GoTo({ change, at, from }: { change: Props["change"]; at?: string; from?: string }) {
  const [zone] = useZone();
  const asked = from ?? at?.replace("T", " ").replace("Z", "") ?? "";
  const [typed, setTyped] = useState(asked);
  const [isWrong, setWrong] = useState(false);
  useEffect(() => setTyped(asked), [asked]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim() === "") return change({ from: undefined, at: undefined, until: undefined });
    const to = place(typed, zone, new Date());
    setWrong(to === undefined);
    if (to) change({ from: undefined, at: undefined, until: undefined, event: undefined, ...to });
  };
  return (
    <form onSubmit={submit}>
      <TextInput
        w={208}
        aria-label="Go to a sequence or time"
        placeholder="Go to sequence or time"
        value={typed}
        error={isWrong ? "Such as 4200 or 2026-11-28 18:04" : undefined}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          setWrong(false);
        }}
        autoComplete="off"
        enterKeyHint="go"
      />
    </form>
  );
}
