/** What is different between an event and another one of the log. */

import type { Content } from "../../design/bytes";
import Difference from "../../design/editor/Difference";
import { hexRows } from "../../design/hex";
import { pretty } from "../../design/json";
import { Empty, ErrorNotice, Skeleton } from "../../design/Placeholder";
import { bytes, count } from "../../format";
import css from "./EventInspector.module.css";
import { useEvent, type WholeEvent } from "./useEvent";

/** More than that is neither compared nor read by anybody. */
const CHARACTERS = 100_000;
/** Hexadecimal rows have four characters for each byte. */
const BYTES = CHARACTERS / 5;

function asText(content: Content, isJson: boolean, isText: boolean): string {
  if (isJson && content.json) return pretty(content.json.value).slice(0, CHARACTERS);
  return isText ? content.text.slice(0, CHARACTERS) : hexRows(content.bytes, 0, BYTES, 8);
}

export default function Comparison({ log, event, other }: { log: string; event: WholeEvent; other: number }) {
  const { query, event: before } = useEvent(log, other);
  if (query.isError) return <ErrorNotice error={query.error} retry={() => void query.refetch()} />;
  if (query.isSuccess && !before) return <Empty title={`There is no event ${count(other)}`} />;
  if (!before) return <Skeleton rows={6} height={24} />;
  const both = [before.content, event.content] as const;
  const isJson = both.every((content) => content.json !== undefined);
  const isText = both.every((content) => content.isText);
  const isLong = both.some((content) => content.bytes.length > BYTES);
  return (
    <>
      <div className={css.legend}>
        <span className={css.removed}>− {count(other)}</span>
        <span className={css.added}>+ {count(event.sequence)}</span>
        {isLong && <span className="faint">of long events, the first {bytes(isText ? CHARACTERS : BYTES)}</span>}
      </div>
      <Difference
        label={`Event ${count(event.sequence)} compared with event ${count(other)}`}
        before={asText(before.content, isJson, isText)}
        after={asText(event.content, isJson, isText)}
        isJson={isJson}
      />
    </>
  );
}
