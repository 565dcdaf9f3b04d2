/** Which logs of a list are chosen; with Shift, all between two. */

import { type MouseEvent, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import type { Column } from "../../design/Table";
import { Checkbox } from "../../design/fields";

type Log = Schemas["LogBody"];

export function useSelection<T extends Log>(rows: readonly T[]) {
  const [chosen, setChosen] = useState<ReadonlyMap<string, T>>(new Map());
  const anchor = useRef<string>(undefined);
  const set = (changed: readonly T[], isChosen: boolean) =>
    setChosen((before) => {
      const next = new Map(before);
      for (const log of changed) {
        if (isChosen) next.set(log.log_id, log);
        else next.delete(log.log_id);
      }
      return next;
    });
  const clear = () => setChosen(new Map());
  const toggle = (log: T, event: MouseEvent) => {
    const isChosen = !chosen.has(log.log_id);
    const at = rows.indexOf(log);
    const from = event.shiftKey ? rows.findIndex((row) => row.log_id === anchor.current) : -1;
    anchor.current = log.log_id;
    set(from < 0 ? [log] : rows.slice(Math.min(from, at), Math.max(from, at) + 1), isChosen);
  };
  const isAll = rows.length > 0 && rows.every((log) => chosen.has(log.log_id));
  const column: Column<T> = {
    title: (
      <Checkbox
        size="xs"
        aria-label="Choose all logs that are shown"
        checked={isAll}
        indeterminate={!isAll && chosen.size > 0}
        onChange={() => (isAll ? clear() : set(rows, true))}
      />
    ),
    width: 48,
    optional: true,
    cell: (log) => (
      <Checkbox
        size="xs"
        aria-label={`Choose ${log.log_name}`}
        checked={chosen.has(log.log_id)}
        onChange={() => undefined}
        onClick={(event) => toggle(log, event)}
      />
    ),
  };
  return { selected: [...chosen.values()], has: (log: T) => chosen.has(log.log_id), clear, column };
}
