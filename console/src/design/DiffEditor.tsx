/** Two texts in one, with what went and what came; in CodeMirror, for reading only. */

import { unifiedMergeView } from "@codemirror/merge";
import { EditorState } from "@codemirror/state";
import { EditorView, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";

const look = EditorView.theme({
  "&": { fontSize: "12.5px", color: "var(--ink)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "19px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--ink-3)", border: "none" },
  ".cm-deletedChunk, .cm-deletedLine": { backgroundColor: "var(--bad-bg)", color: "var(--ink)" },
  "&.cm-merge-b .cm-changedLine, .cm-changedLine, .cm-insertedLine": { backgroundColor: "var(--ok-bg)" },
  "&.cm-merge-b .cm-changedText, .cm-changedText": { background: "none", fontWeight: "600", color: "var(--ok)" },
  "&.cm-merge-b .cm-deletedText, .cm-deletedChunk .cm-deletedText": { background: "none", fontWeight: "600", color: "var(--bad)" },
  ".cm-deletedChunk del, .cm-deletedLine del": { textDecoration: "none" },
  ".cm-collapsedLines": { color: "var(--ink-2)", background: "var(--line-soft)" },
});

export default function DiffEditor({ before, after }: { before: string; after: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return;
    const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content;
    const view = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: after,
        extensions: [
          look,
          nonce ? EditorView.cspNonce.of(nonce) : [],
          EditorState.readOnly.of(true),
          EditorView.editable.of(false),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": "Difference", tabindex: "0" }),
          lineNumbers(),
          unifiedMergeView({ original: before, mergeControls: false, gutter: true, collapseUnchanged: { margin: 3, minSize: 8 } }),
        ],
      }),
    });
    return () => view.destroy();
  }, [before, after]);
  return <div ref={place} />;
}
