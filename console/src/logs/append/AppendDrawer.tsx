/** Appends to a log: one event that is typed, or those of a file. */

import { useQueryClient } from "@tanstack/react-query";
import { Drawer, SegmentedControl } from "../../design/fields";
import { useChange } from "../search";
import { FileForm } from "./FileForm";
import { OneForm } from "./OneForm";

interface Props {
  log: string;
  /** As the address has it: `event` or `file`. */
  kind: string;
}

export default function AppendDrawer({ log, kind }: Props) {
  const change = useChange();
  const client = useQueryClient();
  const onAppended = () => void client.invalidateQueries({ queryKey: ["get", "/logs/{log}"] });
  const onOpen = (sequence: number) =>
    change({ append: undefined, event: String(sequence), live: "off", text: undefined, filter: undefined, tab: undefined });
  return (
    <Drawer
      opened
      onClose={() => change({ append: undefined })}
      title={`Append to ${log}`}
      position="right"
      size="lg"
      transitionProps={{ duration: 100 }}
    >
      <div className="stack">
        <SegmentedControl
          aria-label="What to append"
          value={kind === "file" ? "file" : "event"}
          onChange={(append) => change({ append })}
          data={[
            { value: "event", label: "One event" },
            { value: "file", label: "A file of events" },
          ]}
        />
        {kind === "file" ? (
          <FileForm log={log} onAppended={onAppended} onOpen={onOpen} />
        ) : (
          <OneForm log={log} onAppended={onAppended} onOpen={onOpen} />
        )}
      </div>
    </Drawer>
  );
}
