/** Events, newest first; any number of them. Only the rows in sight are drawn. */

import { Button } from "@mantine/core";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import { plural } from "../../format";
import { useZone } from "../../preferences";
import { useKeys } from "../../shell/shortcuts";
import css from "./EventList.module.css";
import { EventCells } from "./EventRow";
import type { Events } from "./useEvents";

const ROW_HEIGHT = 32;
const HEAD_HEIGHT = 36;
/** A list within so many pixels of its begin follows what arrives. */
const NEAR = 8;

interface Props {
  events: Events;
  selected?: number;
  onSelect: (sequence: number) => void;
  /** A sequence to bring into sight, once. */
  target?: number;
  /** A sequence that stands out. */
  marked?: number;
  /** Changes when the list goes to its begin. */
  toTop: number;
  /** Events that arrived since the list was held. */
  newer: number;
  onNewer: () => void;
  onAtTop: (isAtTop: boolean) => void;
  onRoom: (rows: number) => void;
}

export function EventList({ events, selected, onSelect, target, marked, toTop, newer, onNewer, onAtTop, onRoom }: Props) {
  const [zone] = useZone();
  const scroller = useRef<HTMLDivElement>(null);
  const virtualizer = useVirtualizer({
    count: events.count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8,
    scrollPaddingStart: HEAD_HEIGHT,
    paddingEnd: 0,
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? -1;
  // Rows come into sight by scrolling, and by what arrives.
  const newest = events.count > 0 ? events.sequence(0) : 0;
  useEffect(() => {
    if (last >= first) events.want(first, last);
  });
  useEffect(() => onRoom(Math.ceil((scroller.current?.clientHeight ?? 640) / ROW_HEIGHT)), [onRoom]);

  // Once for each target, as soon as the list reaches it.
  const sought = useRef<number>(undefined);
  const isReached = target !== undefined && newest > 0 && events.index(target) < events.count;
  useEffect(() => {
    if (target === undefined) sought.current = undefined;
    if (!isReached || target === undefined || sought.current === target) return;
    const frame = requestAnimationFrame(() => {
      const place = scroller.current;
      if (!place) return;
      sought.current = target;
      place.scrollTop = events.index(target) * ROW_HEIGHT + HEAD_HEIGHT - place.clientHeight / 2;
    });
    return () => cancelAnimationFrame(frame);
  });
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [toTop]);

  const move = (by: number) => {
    if (events.count === 0) return;
    const to = selected === undefined ? first : Math.min(events.count - 1, Math.max(0, events.index(selected) + by));
    virtualizer.scrollToIndex(to);
    onSelect(events.sequence(to));
  };
  useKeys({ j: () => move(1), k: () => move(-1) });
  const onKeyDown = (event: React.KeyboardEvent) => {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by === undefined || event.altKey || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    move(by);
  };

  return (
    <div className={css.frame}>
      {newer > 0 && (
        <div className={css.newer}>
          <Button variant="filled" onClick={onNewer}>
            {plural(newer, "new event")}
          </Button>
        </div>
      )}
      <div
        ref={scroller}
        className={css.list}
        role="grid"
        aria-label="Events"
        aria-rowcount={events.count + 1}
        aria-activedescendant={selected === undefined ? undefined : `event-${selected}`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onScroll={(event) => onAtTop(event.currentTarget.scrollTop < NEAR)}
      >
        <div role="row" className={`${css.row} ${css.head}`} aria-rowindex={1}>
          <div role="columnheader" className={`${css.cell} ${css.numeric}`}>
            Sequence
          </div>
          <div role="columnheader" className={`${css.cell} ${css.time}`}>
            Time
          </div>
          <div role="columnheader" className={css.cell}>
            Event
          </div>
        </div>
        <div role="rowgroup" className={css.body} style={{ height: virtualizer.getTotalSize() }}>
          {items.map((item) => {
            const sequence = events.sequence(item.index);
            const state = [css.row, sequence === selected && css.selected, sequence === marked && css.marked];
            return (
              <div
                key={item.index}
                id={`event-${sequence}`}
                role="row"
                aria-rowindex={item.index + 2}
                aria-selected={sequence === selected}
                className={state.filter(Boolean).join(" ")}
                style={{ transform: `translateY(${item.start}px)` }}
                onClick={() => onSelect(sequence)}
              >
                <EventCells sequence={sequence} row={events.row(item.index)} zone={zone} />
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}
