/** Ways to deploy: a button, and dropping a file onto a part of a screen. */

import { Button } from "@mantine/core";
import { type DragEvent, lazy, type ReactNode, Suspense, useState } from "react";
import { useTenant } from "../session/tenant";
import css from "./Deploy.module.css";

const DeployDialog = lazy(() => import("./DeployDialog"));

interface ButtonProps {
  log: string;
  /** A known view gets a new version; without it, the name is asked for. */
  view?: string;
  title?: string;
}

/** Absent for who may not deploy. */
export function DeployButton({ log, view, title = "Deploy" }: ButtonProps) {
  const may = useTenant().may("member");
  const [isOpen, setOpen] = useState(false);
  if (!may) return null;
  return (
    <>
      <Button variant="filled" color="dark" onClick={() => setOpen(true)}>
        {title}
      </Button>
      <Suspense>{isOpen && <DeployDialog log={log} view={view} onClose={() => setOpen(false)} />}</Suspense>
    </>
  );
}

/** A part of a screen that takes a component dropped on it. */
export function DeployDrop({ log, view, children }: { log: string; view?: string; children: ReactNode }) {
  const may = useTenant().may("member");
  const [file, setFile] = useState<File>();
  const { isOver, handlers } = useDrop(setFile);
  if (!may) return children;
  return (
    <div className={css.area} {...handlers}>
      {children}
      {isOver && <div className={css.over}>Drop the component to deploy it</div>}
      <Suspense>{file && <DeployDialog log={log} view={view} file={file} onClose={() => setFile(undefined)} />}</Suspense>
    </div>
  );
}

/** Takes the first file that is dropped. */
export function useDrop(onFile: (file: File) => void) {
  const [depth, setDepth] = useState(0);
  const hasFile = (event: DragEvent) => event.dataTransfer.types.includes("Files");
  const handlers = {
    onDragEnter: (event: DragEvent) => hasFile(event) && setDepth((before) => before + 1),
    onDragLeave: (event: DragEvent) => hasFile(event) && setDepth((before) => Math.max(0, before - 1)),
    // Without this, a browser opens what is dropped.
    onDragOver: (event: DragEvent) => hasFile(event) && event.preventDefault(),
    onDrop: (event: DragEvent) => {
      if (!hasFile(event)) return;
      event.preventDefault();
      event.stopPropagation();
      setDepth(0);
      const file = event.dataTransfer.files[0];
      if (file) onFile(file);
    },
  };
  return { isOver: depth > 0, handlers };
}
