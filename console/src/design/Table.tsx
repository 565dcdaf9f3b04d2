/**
 * A table of rows that a screen has in full. Columns say how they are aligned and which may go on a
 * phone; long lists are for VirtualTable.
 */

import type { ReactNode } from "react";
import css from "./Table.module.css";

export interface Column<T> {
  title: ReactNode;
  cell: (row: T) => ReactNode;
  /** Figures stand right. */
  numeric?: boolean;
  /** Left out where the screen is narrow. */
  optional?: boolean;
  width?: number | string;
}

interface Props<T> {
  /** For those who hear the page. */
  label: string;
  columns: Column<T>[];
  rows: readonly T[];
  rowKey: (row: T) => string | number;
  isSelected?: (row: T) => boolean;
}

export function columnClass<T>(column: Column<T>): string {
  return [column.numeric && css.numeric, column.optional && css.optional].filter(Boolean).join(" ");
}

export function Table<T>({ label, columns, rows, rowKey, isSelected }: Props<T>) {
  return (
    <div className={css.scroll}>
      <table className={css.table} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column, at) => (
              <th key={at} className={columnClass(column)} style={{ width: column.width }} scope="col">
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} className={isSelected?.(row) ? css.selected : undefined}>
              {columns.map((column, at) => (
                <td key={at} className={columnClass(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
