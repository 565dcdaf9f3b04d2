/** The events of a log as they come, and those that came; with one of them beside. */

import { lazy, type ReactNode, Suspense, useCallback, useEffect, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { Panel } from "../../design/Panel";
import { Empty, ErrorNotice, Skeleton } from "../../design/Placeholder";
import { useKeys } from "../../shell/shortcuts";
import { route, useChange } from "../search";
import { SearchCounts, LiveCounts } from "./Counts";
import { Density } from "./Density";
import { EventList } from "./EventList";
import css from "./EventsTab.module.css";
import { FilterBar } from "./FilterBar";
import type { Connection } from "./follow";
import { useAll, useLive, useSearch } from "./useEvents";
import { useEventSnippets } from "./snippets";
import { useRange } from "./useRange";

const EventInspector = lazy(() => import("../inspector/EventInspector"));

interface Props {
  log: Schemas["LogBody"];
  /** Tells the screen what the tail does; undefined while there is none. */
  onConnection: (connection: Connection | undefined) => void;
}

export function EventsTab({ log, onConnection }: Props) {
  const { text, filter } = route.useSearch();
  // Another question is another list.
  return <EventsOf key={JSON.stringify([text, filter])} log={log} onConnection={onConnection} />;
}

function EventsOf({ log, onConnection }: Props) {
  const search = route.useSearch();
  const change = useChange();
  const { text, filter, at, until } = search;
  const name = log.log_name;
  const isSearch = Boolean(text || filter);
  const from = search.from ? Number(search.from) : undefined;
  const wantsLive = search.live !== "off" && from === undefined && at === undefined;

  const { live, state } = useLive(name, { text, filter }, isSearch ? until === undefined : wantsLive);
  const range = useRange(name, at, until);
  const head = Math.max(log.head_sequence, state.last);
  const [isAtTop, setAtTop] = useState(true);
  const [toTop, setToTop] = useState(0);
  // The list grows at its begin while one looks there, and stands still while one reads.
  const held = useRef({ head, total: state.total });
  if (wantsLive && isAtTop) held.current = { head, total: state.total };
  const goToTop = () => {
    held.current = { head, total: state.total };
    setAtTop(true);
    setToTop((before) => before + 1);
  };

  const isBetween = until !== undefined;
  const first = isBetween ? (range.data?.first ?? held.current.head + 1) : 1;
  const last = isBetween ? (range.data?.last ?? 0) : held.current.head;
  const target = from ?? (isBetween ? undefined : range.data?.first);
  const [opened] = useState(search.event ? Number(search.event) : undefined);
  const all = useAll(name, { first, last, around: target ?? opened }, live);
  const isReady = !isBetween || range.isSuccess;
  const found = useSearch(name, { text, filter }, isReady ? { first, last } : undefined, live, held.current.total);
  const events = isSearch ? found : all;

  useEventSnippets(name, search);
  const connection = live && !isBetween && wantsLive ? state.connection : undefined;
  useEffect(() => onConnection(connection), [onConnection, connection]);
  const toggle = () => {
    if (wantsLive) return change({ live: "off" });
    goToTop();
    change({ live: undefined, from: undefined, at: undefined, until: undefined });
  };
  useKeys({ Space: toggle });
  const room = useRef<number>(undefined);
  const onRoom = useCallback((rows: number) => {
    room.current = rows;
  }, []);
  useEffect(() => {
    if (live && room.current) live.room = room.current;
  }, [live]);

  const selected = search.event ? Number(search.event) : undefined;
  const newer = isBetween ? 0 : isSearch ? state.total - held.current.total : head - held.current.head;
  const error = events.error ?? state.error ?? range.error;
  let list: ReactNode = (
    <EventList
      events={events}
      selected={selected}
      onSelect={(sequence) => change({ event: String(sequence), live: "off" })}
      target={target ?? opened}
      marked={target}
      toTop={toTop}
      newer={newer}
      onNewer={goToTop}
      onAtTop={setAtTop}
      onRoom={onRoom}
    />
  );
  if (range.isLoading) list = <Skeleton rows={8} height={32} />;
  else if (events.count === 0 && error) list = null;
  else if (events.count === 0 && isSearch && found.state.status !== "running") {
    list = <Empty title="No event matches">The whole range was looked at. What is appended and matches appears here.</Empty>;
  } else if (events.count === 0 && isBetween) {
    list = <Empty title="No events in this time">Choose another stretch of time above.</Empty>;
  } else if (events.count === 0 && !isSearch) {
    list = <Empty title="No events yet">What is appended appears here at once. Press a to append the first one.</Empty>;
  }
  return (
    <div className="stack">
      <Panel>
        <FilterBar search={search} change={change} isLive={wantsLive} onLive={toggle} />
        {isSearch ? <SearchCounts found={found} /> : <LiveCounts state={state} isLive={wantsLive} />}
        <Density log={name} at={at} until={until} change={change} />
      </Panel>
      {error ? <ErrorNotice error={error} retry={events.error ? events.retry : undefined} /> : null}
      <div className={selected === undefined ? css.split : `${css.split} ${css.open}`}>
        {list && <Panel flush>{list}</Panel>}
        {selected !== undefined && (
          <Suspense fallback={<Panel><Skeleton rows={6} height={24} /></Panel>}>
            <EventInspector log={name} sequence={selected} />
          </Suspense>
        )}
      </div>
    </div>
  );
}
