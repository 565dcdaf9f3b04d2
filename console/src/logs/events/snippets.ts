/** What the list of events shows, as calls from elsewhere. */

import { useCopyAs } from "../../shell/copyAs";
import { cli, curl, literal, python, ts } from "../../shell/snippets";
import type { LogSearch } from "../search";

export function useEventSnippets(log: string, { from, at, text, filter, event }: LogSearch) {
  const start = event ?? from;
  // A tail where nothing was chosen; else a page.
  const isTail = !start && !at && !text && !filter;
  const path = `/logs/${log}/events`;
  const query = { from: start, at: start ? undefined : at, text, filter, limit: event ? 1 : undefined };
  const range = [
    start && `from: ${start}`,
    !start && at && `at: ${literal(at)}`,
    text && `text: ${literal(text)}`,
    filter && `filter: ${literal(filter)}`,
    event && "limit: 1",
  ].filter(Boolean);
  const one = [start && `start=${start}`, event && "limit=1"].filter(Boolean).join(", ");
  const tail = curl({ path, query: {}, headers: { Accept: "text/event-stream" } }).replace("curl -sS", "curl -sSN");
  // The command line and the Python client have no search.
  const isPlain = !text && !filter && (start || !at);
  useCopyAs({
    curl: isTail ? tail : curl({ path, query }),
    ts: ts(
      `for await (const event of primatomic.log(${literal(log)}).${isTail ? "tail()" : `events({ ${range.join(", ")} })`}) {`,
      "  console.log(event.sequence, event.text());",
      "}",
    ),
    python: isPlain
      ? python(
          `for event in primatomic.log(${literal(log)}).${isTail ? "tail()" : `events(${one})`}:`,
          "    print(event.sequence, event.text())",
        )
      : undefined,
    cli: isPlain ? (isTail ? cli("tail", log) : cli("events", log, "--from", start ?? "1", ...(event ? ["--limit", "1"] : []))) : undefined,
  });
}
