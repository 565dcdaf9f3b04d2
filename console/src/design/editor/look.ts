/** CodeMirror in the colours and sizes of tokens.css. It is large: only what is fetched lazily may import this. */

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const nonce = document.querySelector<HTMLMetaElement>("meta[name=csp-nonce]")?.content ?? "";

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--json-key)" },
  { tag: tags.string, color: "var(--json-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--json-value)" },
]);

const sizes = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--panel)", fontSize: "12.5px" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "19px" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--ink)" },
  ".cm-line": { padding: "0 12px", unicodeBidi: "isolate" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "var(--accent-bg)",
  },
  ".cm-specialChar": { color: "var(--bad)" },
  ".cm-placeholder": { color: "var(--ink-3)" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--ink-3)", border: "none" },
  ".cm-tooltip": { border: "1px solid var(--line)", backgroundColor: "var(--panel)", boxShadow: "var(--shadow-float)" },
  ".cm-changedLine, &.cm-merge-b .cm-changedLine": { backgroundColor: "var(--ok-bg)" },
  ".cm-deletedChunk": { backgroundColor: "var(--bad-bg)", padding: "0" },
  ".cm-deletedChunk .cm-deletedLine": { padding: "0 12px" },
  ".cm-changedText, &.cm-merge-b .cm-changedText": { background: "none", color: "var(--ok)", fontWeight: "600" },
  ".cm-deletedText, .cm-deletedChunk .cm-deletedText": { background: "none", color: "var(--bad)", fontWeight: "600" },
  ".cm-collapsedLines": { color: "var(--ink-3)", background: "var(--line-soft)" },
});

/** What every editor has. */
export const look: Extension = [EditorView.cspNonce.of(nonce), EditorView.lineWrapping, sizes, syntaxHighlighting(colours)];
