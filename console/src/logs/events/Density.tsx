/**
 * When the events of a log came: bars over time, of which a stretch can be chosen by dragging, or with
 * the arrow keys, Shift and Enter.
 */

import { Button } from "@mantine/core";
import { type KeyboardEvent, type PointerEvent, useRef, useState } from "react";
import { absolute, count, plural } from "../../format";
import { useZone } from "../../preferences";
import type { LogSearch } from "../search";
import css from "./Density.module.css";
import { type Density as Counts, useDensity } from "./density";

interface Props {
  log: string;
  at?: string;
  until?: string;
  change: (change: LogSearch) => void;
}

export function Density({ log, at, until, change }: Props) {
  const { data } = useDensity(log);
  if (data === null || data?.counts.length === 0) return null;
  // As high as what comes, so that nothing moves.
  if (!data) return <div className={css.strip} />;
  return <Strip density={data} at={at} until={until} change={change} />;
}

const HEIGHT = 46;
const WIDTH = 1000;

function Strip({ density, at, until, change }: Omit<Props, "log"> & { density: Counts }) {
  const [zone] = useZone();
  const svg = useRef<SVGSVGElement>(null);
  const [drag, setDrag] = useState<[number, number]>();
  const { counts, bucket_ms: bucket } = density;
  const since = Date.parse(density.since);
  const time = (index: number) => new Date(since + index * bucket);
  const top = Math.max(...counts, 1);
  const step = WIDTH / counts.length;

  const chosen = at && until ? [(Date.parse(at) - since) / bucket, (Date.parse(until) - since) / bucket] : undefined;
  const marked = drag ? [Math.min(...drag), Math.max(...drag) + 1] : chosen;
  const isIn = (index: number) => marked === undefined || (index + 1 > (marked[0] ?? 0) && index < (marked[1] ?? 0));
  const choose = ([from, to]: [number, number]) => {
    setDrag(undefined);
    change({
      at: time(Math.min(from, to)).toISOString(),
      until: time(Math.max(from, to) + 1).toISOString(),
      from: undefined,
      event: undefined,
    });
  };
  const bucketAt = (event: PointerEvent) => {
    const box = svg.current?.getBoundingClientRect();
    const share = box ? (event.clientX - box.left) / box.width : 0;
    return Math.min(counts.length - 1, Math.max(0, Math.floor(share * counts.length)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by !== undefined) {
      const [from, to] = drag ?? [counts.length - 1, counts.length];
      const next = Math.min(counts.length - 1, Math.max(0, to + by));
      setDrag(event.shiftKey ? [from, next] : [next, next]);
    } else if (event.key === "Enter" && drag) choose(drag);
    else if (event.key === "Escape") setDrag(undefined);
    else return;
    event.preventDefault();
  };
  const within = marked && counts.reduce((sum, events, index) => (isIn(index) ? sum + events : sum), 0);
  const from = marked ? time(Math.max(0, Math.floor(marked[0] ?? 0))) : new Date(since);
  const to = marked ? time(Math.ceil(marked[1] ?? 0)) : new Date(density.until);
  const said = `${absolute(from, zone)} to ${absolute(to, zone)}`;
  return (
    <div className={css.strip}>
      <svg
        ref={svg}
        className={css.bars}
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="slider"
        aria-label="Events over time"
        aria-valuemin={0}
        aria-valuemax={counts.length - 1}
        aria-valuenow={drag?.[1] ?? counts.length - 1}
        aria-valuetext={`${said}, ${plural(within ?? counts.reduce((sum, events) => sum + events, 0), "event")}`}
        tabIndex={0}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setDrag([bucketAt(event), bucketAt(event)]);
        }}
        onPointerMove={(event) => {
          if (drag && event.buttons === 1) setDrag([drag[0], bucketAt(event)]);
        }}
        onPointerUp={() => drag && choose(drag)}
        onPointerCancel={() => setDrag(undefined)}
      >
        <rect className={css.ground} width={WIDTH} height={HEIGHT} />
        {counts.map((events, index) => {
          if (events === 0) return null;
          const height = Math.max(2, (events / top) * HEIGHT);
          return (
            <rect
              key={index}
              className={isIn(index) && marked ? css.chosen : css.bar}
              x={index * step}
              y={HEIGHT - height}
              width={Math.max(1, step * 0.75)}
              height={height}
            />
          );
        })}
      </svg>
      <div className={`${css.legend} faint`}>
        <span className="ellipsis">{absolute(from, zone)}</span>
        <span className="grow" />
        {within !== undefined && (
          <span>
            {density.exact ? "" : "about "}
            {count(within)} in this time
          </span>
        )}
        {at && until && (
          <Button size="compact-xs" onClick={() => change({ at: undefined, until: undefined })}>
            All of it
          </Button>
        )}
        <span className="grow" />
        <span className="ellipsis">{absolute(to, zone)}</span>
      </div>
    </div>
  );
}
