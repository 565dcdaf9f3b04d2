/** Deploys a component: which file, as which view, and then how its version comes along. */

import { Button, Group } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { Autocomplete, FileButton, Modal, Textarea, TextInput } from "../design/fields";
import { problem, verbatim } from "../api/error";
import { Message } from "../design/Message";
import { ErrorDetail, ErrorNotice } from "../design/Placeholder";
import { bytes } from "../format";
import { useDrop } from "./Deploy";
import css from "./Deploy.module.css";
import { Outcome } from "./Outcome";
import { nameOf } from "./files";
import { useDeploy } from "./useDeploy";

interface Props {
  log: string;
  view?: string;
  file?: File;
  onClose: () => void;
}

const CONTENT_TYPES = ["application/json", "text/plain", "application/octet-stream"];

export default function DeployDialog({ log, view, file: dropped, onClose }: Props) {
  const navigate = useNavigate();
  const { upload, send } = useDeploy(log);
  const [file, setFile] = useState(dropped);
  const [name, setName] = useState(view ?? (dropped ? nameOf(dropped.name) : ""));
  const [contentType, setContentType] = useState("");
  const [config, setConfig] = useState("");
  const choose = (chosen: File | null) => {
    if (!chosen) return;
    setFile(chosen);
    if (!view && !name) setName(nameOf(chosen.name));
    upload.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (file && !upload.isPending) send({ view: name, component: file, contentType: contentType.trim(), config });
  };
  const open = () => {
    onClose();
    void navigate({ to: "/logs/$log/views/$view", params: { log, view: name } });
  };
  const title = view ? `Deploy a version of ${view}` : "Deploy a view";
  if (upload.isSuccess) {
    return (
      <Modal opened onClose={onClose} title={title} size="lg">
        <div className="stack">
          <Outcome log={log} view={name} accepted={upload.data} />
          <Group justify="flex-end" gap={8}>
            <Button onClick={() => upload.reset()}>Deploy another</Button>
            <Button variant="filled" color="dark" onClick={view ? onClose : open} data-autofocus>
              {view ? "Close" : "Open the view"}
            </Button>
          </Group>
        </div>
      </Modal>
    );
  }
  return (
    <Modal opened onClose={onClose} title={title} size="lg">
      <form className="stack" onSubmit={submit}>
        <Component file={file} onFile={choose} />
        {!view && (
          <TextInput
            label="View"
            description={`Its name. One that the log ${log} has already gets a new version.`}
            required
            maxLength={128}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        <Autocomplete
          label="Content type of the answers"
          description="For views that don’t say it themselves."
          placeholder="application/octet-stream"
          data={CONTENT_TYPES}
          value={contentType}
          onChange={setContentType}
        />
        <Textarea
          label="Config"
          description="Handed to the component’s init, in world 1.0.0."
          rows={2}
          value={config}
          onChange={(event) => setConfig(event.currentTarget.value)}
        />
        {upload.isError && <Refused error={upload.error} />}
        <Group justify="flex-end" gap={8}>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="filled" color="dark" disabled={!file || !name} loading={upload.isPending}>
            Deploy
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

function Component({ file, onFile }: { file?: File; onFile: (file: File | null) => void }) {
  const { isOver, handlers } = useDrop(onFile);
  return (
    <div className={isOver ? `${css.drop} ${css.dropping}` : css.drop} {...handlers}>
      {file ? (
        <div>
          <b>
            <bdi>{file.name}</bdi>
          </b>{" "}
          <span className="soft">{bytes(file.size)}</span>
        </div>
      ) : (
        <div className="soft">Drop a component here: a .wasm file of the world primatomic:machine.</div>
      )}
      <FileButton onChange={onFile} accept=".wasm,application/wasm">
        {(props) => (
          <Button {...props} data-autofocus={file ? undefined : true}>
            {file ? "Choose another file" : "Choose a file"}
          </Button>
        )}
      </FileButton>
    </div>
  );
}

const REFUSED: Record<string, string> = {
  invalid_component: "This is no valid component",
  wrong_world: "The component is of another world",
  forbidden_import: "The component imports what a view can’t have",
  component_too_complex: "The component is too complex",
};

/** The validator's words, as they come. */
function Refused({ error }: { error: unknown }) {
  const title = REFUSED[problem(error).code];
  if (!title) return <ErrorNotice error={error} />;
  return (
    <Message title={title} text={verbatim(error)}>
      Nothing has changed. How to build one is in <a href="/docs">the documentation</a>.
      <ErrorDetail error={error} />
    </Message>
  );
}
