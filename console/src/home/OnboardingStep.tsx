/** One step: what it is for, a button that does it, its code, and whether the server has seen it. */

import { Button } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { primatomic } from "../api/client";
import { CheckIcon } from "../design/icons";
import { ErrorNotice } from "../design/Placeholder";
import { visible } from "../design/visible";
import { useTenant } from "../session/tenant";
import { Code } from "./Code";
import css from "./Onboarding.module.css";
import { sample, SAMPLE_EVENT, sampleUrl } from "./sample";
import { type Step, stepSnippets } from "./steps";
import type { Progress } from "./useOnboarding";

interface Props {
  step: Step;
  number: number;
  progress: Progress;
  isOpen: boolean;
  /** The first that is not done. */
  isNext: boolean;
  onOpen: () => void;
  onSkip?: () => void;
  onDone: () => void;
}

const TEXTS: Record<Step, { title: string; about: string; action: string }> = {
  log: {
    title: "Create a log",
    about: "A log is an append-only sequence of events. Most have one for each of their customers.",
    action: "Create the log",
  },
  append: {
    title: "Append an event",
    about: "An event is any bytes. It gets the next sequence, and is never changed.",
    action: "Append the event",
  },
  deploy: {
    title: "Deploy a view",
    about: "A view is a WebAssembly component that folds events into state. The sample counts: inc adds, dec takes away.",
    action: "Deploy the sample",
  },
  query: {
    title: "Ask the view",
    about: "The answer comes from the state that the view has made of all events so far.",
    action: "Ask",
  },
};

/** Does a step; what it gives back is shown. */
async function act(step: Step, { log, view }: Progress): Promise<string | undefined> {
  switch (step) {
    case "log":
      await primatomic.createLog(log);
      return undefined;
    case "append":
      await primatomic.log(log).append(SAMPLE_EVENT);
      return undefined;
    case "deploy":
      await primatomic.log(log).view(view).deploy(await sample(), { contentType: "application/json" });
      return undefined;
    case "query":
      return (await primatomic.log(log).view(view).query()).text();
  }
}

export function OnboardingStep({ step, number, progress, isOpen, isNext, onOpen, onSkip, onDone }: Props) {
  const client = useQueryClient();
  const may = useTenant().may(step === "query" ? "read-only" : "member");
  const { title, about, action } = TEXTS[step];
  const isDone = progress.done[step];
  const run = useMutation({
    mutationFn: () => act(step, progress),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["get"] });
      onDone();
    },
  });
  const { log, view, failure } = progress;
  return (
    <li className={css.step} aria-current={isNext ? "step" : undefined}>
      <button type="button" className={css.title} aria-expanded={isOpen} onClick={onOpen}>
        <span className={isDone ? `${css.mark} ${css.done}` : isNext ? `${css.mark} ${css.next}` : css.mark} aria-hidden>
          {isDone ? <CheckIcon /> : number}
        </span>
        <b>{title}</b>
        <span className="spoken">{isDone ? "done" : "not done yet"}</span>
      </button>
      {run.data !== undefined && <pre className={`mono ${css.answer}`}>{visible(run.data.slice(0, 2000))}</pre>}
      {isOpen && (
        <div className={css.body}>
          <div className="soft">{about}</div>
          <Code snippets={stepSnippets(step, { log, view, event: SAMPLE_EVENT, component: sampleUrl() })} />
          {run.isError && <ErrorNotice error={run.error} />}
          {step === "deploy" && failure && !isDone && <div className={css.failure}>The view has stopped: {visible(failure)}</div>}
          <div className="row">
            {may && (
              <Button
                variant={isDone ? "default" : "filled"}
                color={isDone ? undefined : "dark"}
                loading={run.isPending}
                onClick={() => run.mutate()}
                disabled={step === "log" && isDone}
              >
                {action}
              </Button>
            )}
            {onSkip && !isDone && (
              <Button variant="subtle" color="gray" onClick={onSkip}>
                Skip
              </Button>
            )}
            {isDone && <span className={css.seen}>The server has seen it.</span>}
          </div>
        </div>
      )}
    </li>
  );
}
