/** What stands where data will be, is not, or can't be had. Each is as high as what it stands for. */

import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { problem } from "../api/error";
import { Copy } from "./Copy";
import css from "./Placeholder.module.css";

/** Grey bars in place of rows that are being fetched. */
export function Skeleton({ rows = 3, height = 40 }: { rows?: number; height?: number }) {
  return (
    <div role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className={css.row} style={{ height }}>
          <span className={css.bar} style={{ width: `${24 + ((row * 29) % 40)}%` }} />
        </div>
      ))}
    </div>
  );
}

/** A list without entries: what it would hold, and how to get the first one. */
export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className={css.empty}>
      <b>{title}</b>
      {children && <div className="soft">{children}</div>}
      {action && <div className={css.action}>{action}</div>}
    </div>
  );
}

/** An error of the server, with the id that finds it in the server's log. */
export function ErrorNotice({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <div className={css.error} role="alert">
      <div className="grow">
        <div className={css.message}>{problem(error).message}</div>
        <ErrorDetail error={error} />
      </div>
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

/** What helps to find an error: its code, and the id of the request. */
export function ErrorDetail({ error }: { error: unknown }) {
  const { code, requestId } = problem(error);
  return (
    <div className={css.detail}>
      <span className="mono">{code}</span>
      {requestId && (
        <>
          {" · request "}
          <span className="mono">{requestId}</span> <Copy value={requestId} label="Copy the request id" />
        </>
      )}
    </div>
  );
}
