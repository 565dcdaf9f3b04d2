/**
 * Somebody else's bytes, such as an event or an answer: as a tree, as text or in hexadecimal. Whatever
 * they say they are, nothing of them is ever run or rendered.
 */

import { SegmentedControl } from "./fields";
import { type Content, FORMS, type Form, formOf } from "./bytes";
import { Hex } from "./Hex";
import { JsonTree } from "./JsonTree";
import { More, useShown } from "./More";
import { visible } from "./visible";

const CHARACTERS = 20_000;
const TITLES: Record<Form, string> = { json: "JSON", text: "Text", hex: "Hex" };

interface Props {
  content: Content;
  /** As the address has it. */
  form?: string;
}

export function Bytes({ content, form }: Props) {
  if (content.bytes.length === 0) return <span className="faint">Nothing: it has no bytes.</span>;
  const shown = formOf(content, form);
  if (shown === "hex") return <Hex bytes={content.bytes} />;
  if (shown === "json" && content.json) return <JsonTree value={content.json.value} />;
  return <Text text={content.text} />;
}

function Text({ text }: { text: string }) {
  const [shown, showMore] = useShown(CHARACTERS);
  return (
    <>
      <pre
        className="mono"
        style={{ margin: 0, whiteSpace: "pre-wrap", overflowWrap: "anywhere", unicodeBidi: "isolate" }}
        aria-label="Text"
      >
        {visible(text.slice(0, shown))}
      </pre>
      <More left={text.length - shown} noun="character" onMore={showMore} />
    </>
  );
}

interface SwitchProps extends Props {
  onForm: (form: string) => void;
  /** Forms of the screen's own, such as a difference; the first of them is what it begins with. */
  extra?: [form: string, title: string][];
}

/** Chooses the form; JSON is offered where it is some. */
export function FormSwitch({ content, form, onForm, extra = [] }: SwitchProps) {
  const own = form === undefined ? extra[0] : extra.find(([value]) => value === form);
  return (
    <SegmentedControl
      size="xs"
      aria-label="Shown as"
      value={own?.[0] ?? formOf(content, form)}
      onChange={onForm}
      data={[
        ...extra.map(([value, label]) => ({ value, label })),
        ...FORMS.map((value) => ({ value, label: TITLES[value], disabled: value === "json" && !content.json })),
      ]}
    />
  );
}
