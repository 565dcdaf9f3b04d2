/** One event in one line: where it stands, when it came, and how it begins. */

import { memo } from "react";
import { clock, count, type Zone } from "../../format";
import css from "./EventList.module.css";
import type { Row } from "./row";
import { type Token, tokens } from "./tokens";

const KIND: Record<Token["kind"], string | undefined> = {
  key: css.key,
  string: css.string,
  value: css.value,
  mark: "faint",
  plain: undefined,
};

const made = new WeakMap<Row, Token[]>();

function tokensOf(row: Row): Token[] {
  let found = made.get(row);
  if (!found) {
    found = tokens(row);
    made.set(row, found);
  }
  return found;
}

interface Props {
  sequence: number;
  row: Row | undefined;
  zone: Zone;
}

export const EventCells = memo(function EventCells({ sequence, row, zone }: Props) {
  return (
    <>
      <div role="gridcell" className={`${css.cell} ${css.numeric} mono`}>
        {count(sequence)}
      </div>
      <div role="gridcell" className={`${css.cell} ${css.time} soft`}>
        {row && <time dateTime={row.timestamp}>{clock(new Date(row.timestamp), zone)}</time>}
      </div>
      <div role="gridcell" className={`${css.cell} mono`}>
        {row ? (
          <bdi>
            {tokensOf(row).map(({ kind, text }, at) => (
              <span key={at} className={KIND[kind]}>
                {text}{" "}
              </span>
            ))}
          </bdi>
        ) : (
          <span className={css.missing} aria-label="Loading" />
        )}
      </div>
    </>
  );
});
