/** Leads an empty tenant from nothing to an answer, in four steps that are real. */

import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { LinkButton } from "../design/LinkButton";
import { ErrorNotice } from "../design/Placeholder";
import { useTenant } from "../session/tenant";
import css from "./Onboarding.module.css";
import { OnboardingStep } from "./OnboardingStep";
import { nextStep, type Step, STEPS } from "./steps";
import type { Progress } from "./useOnboarding";

export default function Onboarding({ progress }: { progress: Progress }) {
  const tenant = useTenant();
  const next = nextStep(progress.done);
  const [chosen, setChosen] = useState<Step>();
  const open = chosen ?? next;
  const count = STEPS.filter((step) => progress.done[step]).length;
  return (
    <section className={css.onboarding} aria-labelledby="onboarding">
      <div className={css.head}>
        <h2 id="onboarding">{next ? "From nothing to an answer" : "You have asked your first view"}</h2>
        <span className="grow" />
        <span className="soft" role="status">
          {count} of {STEPS.length} done
        </span>
      </div>
      <div className={`soft ${css.intro}`}>
        Each step is a real call. Make it here, or from your terminal: this page sees it either way.
        {tenant.may("member") && (
          <>
            {" "}
            The code reads an{" "}
            <Link to="/keys" search={{ new: "key" }}>
              API key
            </Link>{" "}
            from <code className="mono">PRIMATOMIC_API_KEY</code>.
          </>
        )}
      </div>
      {progress.error ? <ErrorNotice error={progress.error} /> : null}
      <ol className={css.steps}>
        {STEPS.map((step, at) => (
          <OnboardingStep
            key={step}
            step={step}
            number={at + 1}
            progress={progress}
            isOpen={open === step}
            isNext={next === step}
            onOpen={() => setChosen(step)}
            onSkip={at < STEPS.length - 1 ? () => setChosen(STEPS[at + 1]) : undefined}
            // What was done leads on to what is left.
            onDone={() => setChosen(undefined)}
          />
        ))}
      </ol>
      {!next && (
        <div className={css.end}>
          <span className="grow soft">That is all of it: events go in, a view folds them, and answers.</span>
          <LinkButton to="/logs/$log" params={{ log: progress.log }}>
            See the log
          </LinkButton>
          <LinkButton variant="filled" color="dark" to="/logs/$log/views/$view" params={{ log: progress.log, view: progress.view }}>
            Open the view
          </LinkButton>
        </div>
      )}
    </section>
  );
}
