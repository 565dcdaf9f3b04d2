/** Everything that the filter lets through, as a file. */

import { Button } from "@mantine/core";
import { useRef, useState } from "react";
import { Menu, Modal } from "../design/fields";
import { ChevronIcon } from "../design/icons";
import { ErrorNotice } from "../design/Placeholder";
import { count } from "../format";
import { useNames } from "../session/names";
import { exportAudit, type Format } from "./exportAudit";
import type { Filter } from "./filter";

type State = { is: "idle" } | { is: "running"; changes: number } | { is: "failed"; error: unknown };

export function Export({ filter }: { filter: Filter }) {
  const names = useNames();
  const [state, setState] = useState<State>({ is: "idle" });
  const running = useRef<AbortController>(null);
  const stop = () => {
    running.current?.abort();
    setState({ is: "idle" });
  };
  const run = async (format: Format) => {
    const abort = new AbortController();
    running.current = abort;
    setState({ is: "running", changes: 0 });
    try {
      const progress = (changes: number) => running.current === abort && setState({ is: "running", changes });
      const file = await exportAudit({ filter, format, names, signal: abort.signal, progress });
      save(file, `audit.${format}`);
      setState({ is: "idle" });
    } catch (error) {
      if (!abort.signal.aborted) setState({ is: "failed", error });
    }
  };
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button rightSection={<ChevronIcon />}>Export</Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={() => void run("ndjson")}>Lines of JSON (.ndjson)</Menu.Item>
          <Menu.Item onClick={() => void run("csv")}>Table (.csv)</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={state.is !== "idle"} onClose={stop} title="Export" closeOnClickOutside={false}>
        <div className="stack">
          {state.is === "running" && <div role="status">{count(state.changes)} changes so far.</div>}
          {state.is === "failed" && <ErrorNotice error={state.error} />}
          <Button onClick={stop} style={{ alignSelf: "flex-end" }}>
            {state.is === "running" ? "Stop" : "Close"}
          </Button>
        </div>
      </Modal>
    </>
  );
}

function save(file: Blob, name: string) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
