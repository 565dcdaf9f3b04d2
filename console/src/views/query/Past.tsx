/** Goes through the states that a view had: a slider over the log's sequences, with a tick at each snapshot. */

import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { Slider } from "../../design/fields";
import { problem } from "../../api/error";
import { count } from "../../format";
import { mainVersion, type View } from "../standing";
import css from "./QueryTab.module.css";
import type { Question } from "./question";

interface Props {
  view: View;
  asked?: Question;
  onAsOf: (sequence?: string) => void;
  /** That the server has no past states. */
  error?: unknown;
}

/** More ticks than that are a smear. */
const TICKS_MAX = 50;

export function Past({ view, asked, onAsOf, error }: Props) {
  const head = view.head_sequence;
  const chosen = asked?.as_of === undefined ? head : Number(asked.as_of);
  const [at, setAt] = useState(chosen);
  useEffect(() => setAt(chosen), [chosen]);
  if (head < 2) return null;
  const version = asked?.version ? view.versions.find((it) => String(it.version) === asked.version) : mainVersion(view);
  const ticks = (version?.snapshots ?? []).slice(0, TICKS_MAX).map(({ sequence }) => ({ value: sequence }));
  return (
    <div className={css.past}>
      <div className={css.slider}>
        <Slider
          thumbProps={{ "aria-label": "Compare with the answer at event" }}
          thumbLabel="Compare with the answer at event"
          size={4}
          thumbSize={16}
          min={1}
          max={head}
          value={Math.min(at, head)}
          marks={ticks}
          classNames={{ mark: css.tick }}
          label={count}
          onChange={setAt}
          onChangeEnd={(sequence) => onAsOf(sequence >= head ? undefined : String(sequence))}
        />
      </div>
      <div className={css.ends}>
        <span>1</span>
        <span>
          {ticks.length > 0 ? "ticks are snapshots: cheap to go to" : "move it to compare with an earlier answer"}
        </span>
        <span>{count(head)}</span>
      </div>
      {asked?.as_of !== undefined && (
        <div className="row" style={{ marginTop: 8 }} role={error ? "alert" : undefined}>
          <span className="grow soft">
            {error
              ? `The answer now is shown. ${problem(error).message}`
              : `The answer at event ${count(chosen)}, and what has changed since.`}
          </span>
          <Button onClick={() => onAsOf(undefined)}>Back to now</Button>
        </div>
      )}
    </div>
  );
}
