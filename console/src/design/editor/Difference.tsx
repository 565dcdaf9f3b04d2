/** What is different between two texts, in one column; for reading only. Fetch it lazily. */

import { json } from "@codemirror/lang-json";
import { unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, highlightSpecialChars } from "@codemirror/view";
import { useEffect, useRef } from "react";
import css from "./Editor.module.css";
import { look } from "./look";

interface Props {
  label: string;
  before: string;
  after: string;
  isJson: boolean;
}

export default function Difference({ label, before, after, isJson }: Props) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const view = new EditorView({
      parent: place.current ?? undefined,
      state: EditorState.create({
        doc: after,
        extensions: [
          look,
          isJson ? json() : [],
          highlightSpecialChars(),
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
          unifiedMergeView({
            original: before,
            mergeControls: false,
            gutter: false,
            collapseUnchanged: { margin: 3, minSize: 6 },
            diffConfig: { scanLimit: 500, timeout: 300 },
          }),
        ],
      }),
    });
    return () => view.destroy();
  }, [label, before, after, isJson]);
  return <div ref={place} className={css.difference} />;
}
