/** One event as it is typed. What is shown as appended was confirmed by the server. */

import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, lazy, Suspense, useState } from "react";
import { primatomic } from "../../api/client";
import { ErrorNotice, Skeleton } from "../../design/Placeholder";
import { NumberInput, SegmentedControl, TextInput } from "../../design/fields";
import { count } from "../../format";
import { useCopyAs } from "../../shell/copyAs";
import { cli, curl, literal, python, ts } from "../../shell/snippets";

const Editor = lazy(() => import("../../design/editor/Editor"));

interface Props {
  log: string;
  onAppended: () => void;
  /** Shows the event. */
  onOpen: (sequence: number) => void;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export function OneForm({ log, onAppended, onOpen }: Props) {
  const [form, setForm] = useState<"json" | "text">("json");
  const [text, setText] = useState("");
  const [key, setKey] = useState("");
  const [expected, setExpected] = useState<number | string>("");
  const append = useMutation({
    mutationFn: () =>
      primatomic.log(log).append(text, {
        idempotencyKey: key || undefined,
        expectedSequence: typeof expected === "number" ? expected : undefined,
      }),
    onSuccess: onAppended,
  });
  useCopyAs({
    curl: curl({
      path: `/logs/${log}/append`,
      headers: {
        ...(key && { "Idempotency-Key": key }),
        ...(typeof expected === "number" && { "Expected-Sequence": String(expected) }),
      },
      body: text,
    }),
    ts: ts(`const sequence = await primatomic.log(${literal(log)}).append(${literal(text)});`),
    python: python(`sequence = primatomic.log(${literal(log)}).append(${literal(text)})`),
    cli: cli("append", log, "--data", text),
  });
  const isRight = form === "text" || isJson(text);
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (isRight && !append.isPending) append.mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <div className="row">
        <SegmentedControl
          size="xs"
          aria-label="Form of the event"
          value={form}
          onChange={(value) => setForm(value as "json" | "text")}
          data={[
            { value: "json", label: "JSON" },
            { value: "text", label: "Text" },
          ]}
        />
        <span className="grow" />
        <span className={text && !isRight ? "" : "faint"} role="status">
          {form === "json" && text !== "" && (isRight ? "This is JSON" : "This is no JSON yet")}
        </span>
      </div>
      <Suspense fallback={<Skeleton rows={5} height={36} />}>
        <Editor
          label="Event"
          value={text}
          onChange={setText}
          isJson={form === "json"}
          onSubmit={submit}
          placeholder={form === "json" ? '{"inc": 10}' : "Any text"}
        />
      </Suspense>
      <TextInput
        label="Idempotency key"
        description="Sent twice within an hour, the same event with the same key is stored once"
        placeholder="A random one"
        maxLength={255}
        autoComplete="off"
        value={key}
        onChange={(event) => setKey(event.currentTarget.value)}
      />
      <NumberInput
        label="Expected sequence"
        description="Append only if this is the last event; 0 for an empty log"
        placeholder="Any"
        min={0}
        allowDecimal={false}
        allowNegative={false}
        hideControls
        thousandSeparator=","
        value={expected}
        onChange={setExpected}
      />
      {append.isError && <ErrorNotice error={append.error} />}
      <div className="row">
        <span role="status" className="grow">
          {append.isSuccess && !append.isPending && (
            <>
              Appended as event{" "}
              <Button variant="subtle" onClick={() => onOpen(append.data)}>
                {count(append.data)}
              </Button>
            </>
          )}
        </span>
        <Button type="submit" variant="filled" color="dark" disabled={!isRight} loading={append.isPending}>
          Append
        </Button>
      </div>
    </form>
  );
}
