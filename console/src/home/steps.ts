/** The four steps from nothing to an answer, each as code for elsewhere. */

import type { Snippets } from "../shell/copyAs";
import { cli, curl, literal, python, quoted, ts } from "../shell/snippets";
import { querySnippets } from "../views/snippets";

export type Step = "log" | "append" | "deploy" | "query";
export const STEPS: Step[] = ["log", "append", "deploy", "query"];

/** The first that the server has not seen, or none. */
export const nextStep = (done: Record<Step, boolean>): Step | undefined => STEPS.find((step) => !done[step]);

interface Names {
  log: string;
  view: string;
  event: string;
  /** Where the sample component is. */
  component: string;
}

export function stepSnippets(step: Step, { log, view, event, component }: Names): Snippets {
  const path = `/logs/${encodeURIComponent(log)}`;
  const viewPath = `${path}/views/${encodeURIComponent(view)}`;
  const file = `${view}.wasm`;
  switch (step) {
    case "log":
      return {
        curl: curl({ method: "POST", path: "/logs", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name: log }) }),
        ts: ts(`await primatomic.createLog(${literal(log)});`),
        python: python(`primatomic.create_log(${literal(log)})`),
        cli: cli("log", "create", log),
      };
    case "append":
      return {
        curl: curl({
          method: "POST",
          path: `${path}/append`,
          headers: { "Content-Type": "application/octet-stream" },
          body: event,
        }),
        ts: ts(`await primatomic.log(${literal(log)}).append(${event});`),
        python: python(`primatomic.log(${literal(log)}).append(${event})`),
        cli: cli("append", log, "--data", event),
      };
    case "deploy": {
      const upload = curl({
        path: viewPath,
        query: { content_type: "application/json" },
        headers: { "Content-Type": "application/wasm" },
      });
      return {
        curl: `curl -sS -o ${quoted(file)} ${quoted(component)}\n${upload} --data-binary ${quoted(`@${file}`)}`,
        ts: ts(
          `const component = await fetch(${literal(component)});`,
          `const view = primatomic.log(${literal(log)}).view(${literal(view)});`,
          `await view.deploy(new Uint8Array(await component.arrayBuffer()), { contentType: "application/json" });`,
        ),
        python: python(
          "from urllib.request import urlopen",
          "",
          `component = urlopen(${literal(component)}).read()`,
          `view = primatomic.log(${literal(log)}).view(${literal(view)})`,
          `view.deploy(component, content_type="application/json")`,
        ),
        cli: [
          `primatomic view example ${quoted(view)} -o ${quoted(file)}`,
          cli("view", "deploy", log, view, file, "--content-type", "application/json"),
        ].join("\n"),
      };
    }
    case "query":
      return querySnippets(log, view, {});
  }
}
