/** A field for a text of many lines, which may be JSON and is checked then while it is typed. Fetch it lazily. */

import { json, jsonParseLinter } from "@codemirror/lang-json";
import { linter, lintGutter } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, keymap, placeholder as placeholderOf } from "@codemirror/view";
import { minimalSetup } from "codemirror";
import { useEffect, useRef } from "react";
import css from "./Editor.module.css";
import { look } from "./look";

interface Props {
  label: string;
  value: string;
  onChange: (value: string) => void;
  /** Checked and coloured as JSON. */
  isJson: boolean;
  /** On ⌘ Enter. */
  onSubmit?: () => void;
  placeholder?: string;
}

const parse = jsonParseLinter();
/** An empty field is not wrong yet. */
const checked = [json(), linter((view) => (view.state.doc.length === 0 ? [] : parse(view)), { delay: 200 }), lintGutter()];

export default function Editor({ label, value, onChange, isJson, onSubmit, placeholder = "" }: Props) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const language = useRef(new Compartment());
  const now = useRef({ onChange, onSubmit });
  now.current = { onChange, onSubmit };
  const start = useRef({ value, isJson, label, placeholder });
  useEffect(() => {
    const { value, isJson, label, placeholder } = start.current;
    const submit = () => {
      now.current.onSubmit?.();
      return true;
    };
    view.current = new EditorView({
      parent: place.current ?? undefined,
      state: EditorState.create({
        doc: value,
        extensions: [
          keymap.of([{ key: "Mod-Enter", run: submit }]),
          minimalSetup,
          look,
          placeholderOf(placeholder),
          language.current.of(isJson ? checked : []),
          EditorView.contentAttributes.of({ "aria-label": label }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) now.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current.focus();
    return () => view.current?.destroy();
  }, []);
  useEffect(() => {
    view.current?.dispatch({ effects: language.current.reconfigure(isJson ? checked : []) });
  }, [isJson]);
  useEffect(() => {
    const editor = view.current;
    if (!editor || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={place} className={css.editor} />;
}
