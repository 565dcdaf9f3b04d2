/** What the screens of views do, as code for elsewhere. */

import type { Snippets } from "../shell/copyAs";
import { cli, curl, literal, python, quoted, ts } from "../shell/snippets";
import { pairs, type Question } from "./query/question";

const path = (log: string, view: string) => `/logs/${encodeURIComponent(log)}/views/${encodeURIComponent(view)}`;

const tsView = (log: string, view: string) => `const view = primatomic.log(${literal(log)}).view(${literal(view)});`;
const pythonView = (log: string, view: string) => `view = primatomic.log(${literal(log)}).view(${literal(view)})`;

export function listSnippets(log: string): Snippets {
  return {
    curl: curl({ path: `/logs/${encodeURIComponent(log)}/views` }),
    ts: ts(`const { data } = await primatomic.api.GET("/logs/{log}/views", { params: { path: { log: ${literal(log)} } } });`),
    python: python(
      "from primatomic.generated.api.views import list_views",
      "",
      `views = primatomic.call(list_views, ${literal(log)}).views`,
    ),
    cli: cli("view", "list", log),
  };
}

export function statusSnippets(log: string, view: string): Snippets {
  return {
    curl: curl({ path: path(log, view) }),
    ts: ts(tsView(log, view), "console.log(await view.get());"),
    python: python(pythonView(log, view), "print(view.get())"),
    cli: cli("view", "status", log, view),
  };
}

export function deleteSnippets(log: string, view: string): Snippets {
  return {
    curl: curl({ method: "DELETE", path: path(log, view) }),
    ts: ts(
      `await primatomic.api.DELETE("/logs/{log}/views/{view}", {`,
      `  params: { path: { log: ${literal(log)}, view: ${literal(view)} } },`,
      "});",
    ),
    python: python(
      "from primatomic.generated.api.views import delete_view",
      "",
      `primatomic.call(delete_view, ${literal(log)}, ${literal(view)})`,
    ),
    cli: cli("view", "delete", log, view),
  };
}

export function deploySnippets(log: string, view: string, file: string, contentType: string): Snippets {
  const query = contentType ? { content_type: contentType } : {};
  const upload = curl({ path: path(log, view), query, headers: { "Content-Type": "application/wasm" } });
  const tsType = contentType ? `, { contentType: ${literal(contentType)} }` : "";
  const pythonType = contentType ? `, content_type=${literal(contentType)}` : "";
  return {
    curl: `${upload} --data-binary ${quoted(`@${file}`)}`,
    ts: [
      `import { readFileSync } from "node:fs";`,
      ts(tsView(log, view), `await view.deploy(readFileSync(${literal(file)})${tsType});`),
    ].join("\n"),
    python: python(
      "from pathlib import Path",
      "",
      pythonView(log, view),
      `view.deploy(Path(${literal(file)}).read_bytes()${pythonType})`,
    ),
    cli: cli("view", "deploy", log, view, file, ...(contentType ? ["--content-type", contentType] : [])),
  };
}

export function querySnippets(log: string, view: string, question: Question): Snippets {
  const { after, as_of, version, body } = question;
  const named = pairs(question.parameters);
  const sent = Object.fromEntries(named);
  const options = (style: "ts" | "python"): string => {
    const set = style === "ts" ? ": " : "=";
    const list = [
      after && `after${set}${after}`,
      version && `version${set}${version}`,
      named.length > 0 && `parameters${set}${JSON.stringify(sent)}`,
      body && `input${set}${literal(body)}`,
    ].filter(Boolean);
    if (list.length === 0) return "";
    return style === "ts" ? `{ ${list.join(", ")} }` : list.join(", ");
  };
  const call = curl({ method: "POST", path: `${path(log, view)}/query`, query: { ...sent, after, as_of, version }, body });
  // The clients know no past states.
  if (as_of) return { curl: call };
  return {
    curl: call,
    ts: ts(tsView(log, view), `const answer = await view.query(${options("ts")});`, "console.log(answer.sequence, answer.text());"),
    python: python(pythonView(log, view), `answer = view.query(${options("python")})`, "print(answer.sequence, answer.text())"),
    cli: cli(
      "query",
      log,
      view,
      ...(after ? ["--after", after] : []),
      ...(version ? ["--version", version] : []),
      ...named.flatMap(([name, value]) => ["--param", `${name}=${value}`]),
      ...(body ? ["--data", body] : []),
    ),
  };
}
