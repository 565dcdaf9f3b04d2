/**
 * A chart over time, drawn by uPlot: bars or lines, a limit as a dashed line, and values when pointed at.
 * The same figures are in a table for those who can't see it. Loaded by the screens that have charts.
 */

import { useMantineColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import css from "./Chart.module.css";

export interface Series {
  label: string;
  values: (number | null)[];
  /** A name of a colour in tokens.css. */
  color: string;
  kind: "bars" | "line" | "dashed";
}

export interface ChartProps {
  label: string;
  /** Seconds since 1970, ascending. */
  times: number[];
  series: Series[];
  /** A figure with its unit. */
  format: (value: number) => string;
  /** A time as text. */
  formatTime: (seconds: number) => string;
  height?: number;
}

const css_variable = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options({ series, format, formatTime, height = 180 }: ChartProps, width: number): uPlot.Options {
  const line = css_variable("--line-soft");
  const ink = css_variable("--ink-3");
  const axis = { stroke: ink, grid: { stroke: line, width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  return {
    width,
    height,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    padding: [12, 8, 0, 0],
    legend: { live: true },
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    scales: { x: { time: true }, y: { range: (_, __, top) => [0, top > 0 ? top * 1.08 : 1] } },
    axes: [
      { ...axis, values: (_, times) => times.map(formatTime), space: 76 },
      { ...axis, values: (_, values) => values.map(format), size: 76 },
    ],
    series: [
      { label: "Time", value: (_, seconds) => (seconds === null ? "" : formatTime(seconds)) },
      ...series.map(({ label, values, color, kind }): uPlot.Series => {
        const stroke = css_variable(color);
        return {
          label,
          stroke,
          width: kind === "bars" ? 0 : 1.6,
          dash: kind === "dashed" ? [5, 4] : undefined,
          fill: kind === "bars" ? stroke : undefined,
          paths: kind === "bars" ? uPlot.paths.bars?.({ size: [0.72, 40], radius: 0.12 }) : undefined,
          // A single value has no line to the next.
          points: { show: kind === "line" && values.filter((value) => value !== null).length < 30, size: 4 },
          value: (_, value) => (value === null ? "–" : format(value)),
        };
      }),
    ],
  };
}

export default function Chart(props: ChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const { colorScheme } = useMantineColorScheme();
  const { label, times, series, format, formatTime, height = 180 } = props;
  const drawn = JSON.stringify([times, series, colorScheme]);
  const latest = useRef(props);
  latest.current = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `drawn` stands for what is drawn.
  useEffect(() => {
    const parent = frame.current;
    if (!parent) return;
    const { times, series } = latest.current;
    const data = [times, ...series.map((it) => it.values)] as uPlot.AlignedData;
    const chart = new uPlot(options(latest.current, parent.clientWidth), data, parent);
    const resizing = new ResizeObserver(() => chart.setSize({ width: parent.clientWidth, height: chart.height }));
    resizing.observe(parent);
    return () => {
      resizing.disconnect();
      chart.destroy();
    };
  }, [drawn]);
  return (
    <figure className={css.figure}>
      <div ref={frame} className={css.frame} style={{ minHeight: height + 26 }} aria-hidden />
      <table className="spoken">
        <caption>{label}</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map((it) => (
              <th key={it.label} scope="col">
                {it.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {times.map((time, at) => (
            <tr key={time}>
              <td>{formatTime(time)}</td>
              {series.map((it) => (
                <td key={it.label}>{it.values[at] == null ? "–" : format(it.values[at])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
