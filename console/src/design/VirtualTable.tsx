/**
 * A table of any length: rows are drawn as they come into sight, and asked for as their end comes near.
 * All rows have the same height, so nothing moves while more arrive.
 */

import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { Column } from "./Table";
import css from "./VirtualTable.module.css";

const ROW_HEIGHT = 40;

interface Props<T> {
  label: string;
  columns: Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string;
  isSelected?: (row: T) => boolean;
  /** Whether there are more, and how to get them. */
  hasMore: boolean;
  isFetching: boolean;
  fetchMore: () => void;
}

export function VirtualTable<T>({ label, columns, rows, rowKey, isSelected, hasMore, isFetching, fetchMore }: Props<T>) {
  const body = useRef<HTMLDivElement>(null);
  const virtualizer = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => ROW_HEIGHT,
    overscan: 12,
    scrollMargin: body.current?.offsetTop ?? 0,
    getItemKey: (at) => rowKey(rows[at] as T),
  });
  const items = virtualizer.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (hasMore && !isFetching && last >= rows.length - 30) fetchMore();
  }, [hasMore, isFetching, fetchMore, last, rows.length]);

  const template = columns.map(({ width }) => (typeof width === "number" ? `${width}px` : (width ?? "minmax(0, 1fr)"))).join(" ");
  const narrow = columns
    .filter((column) => !column.optional)
    .map((column) => (typeof column.width === "number" ? `${Math.min(column.width, 96)}px` : "minmax(0, 1fr)"))
    .join(" ");
  const cell = (column: Column<T>) =>
    [css.cell, column.numeric && css.numeric, column.optional && css.optional].filter(Boolean).join(" ");
  return (
    <div
      className={css.table}
      role="table"
      aria-label={label}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      style={{ "--columns": template, "--columns-narrow": narrow } as React.CSSProperties}
    >
      <div role="row" className={`${css.row} ${css.head}`} aria-rowindex={1}>
        {columns.map((column, at) => (
          <div key={at} role="columnheader" className={cell(column)}>
            {column.title}
          </div>
        ))}
      </div>
      <div ref={body} role="rowgroup" className={css.body} style={{ height: virtualizer.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index] as T;
          return (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              className={isSelected?.(row) ? `${css.row} ${css.selected}` : css.row}
              style={{ transform: `translateY(${item.start - virtualizer.options.scrollMargin}px)` }}
            >
              {columns.map((column, at) => (
                <div key={at} role="cell" className={cell(column)}>
                  {column.cell(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
