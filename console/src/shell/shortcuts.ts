/** What the keyboard does everywhere. Screens add keys of their own and name them in the help. */

import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { tinykeys } from "tinykeys";
import { places } from "./places";

const isWithin = (event: KeyboardEvent, selector: string) => event.target instanceof HTMLElement && event.target.closest(selector) !== null;

/** Keys typed into a field are text, and those of a dialog are its own. */
const isTyping = (event: KeyboardEvent) =>
  isWithin(event, "input, textarea, select, [contenteditable=true], .cm-editor, [role=dialog]");

/** Space and Enter press what has the focus. */
const isPressing = (event: KeyboardEvent) =>
  (event.key === " " || event.key === "Enter") && isWithin(event, "button, a, summary, [role=button], [role=menuitem], [role=option]");

// What follows `g` is a place, and no key of a screen: what was pressed before the last key, and when.
const LEADER_MS = 1000;
const pressed = { before: "", at: 0, last: "" };
window.addEventListener(
  "keydown",
  (event) => {
    const isSoon = event.timeStamp - pressed.at < LEADER_MS;
    pressed.before = isSoon ? pressed.last : "";
    pressed.last = event.key;
    pressed.at = event.timeStamp;
  },
  true,
);
const isOfAnother = (key: string) => pressed.before === "g" && !key.includes(" ");

/** Binds keys while a component is shown; `$mod` is ⌘ or Ctrl. */
export function useKeys(keys: Record<string, () => void>) {
  useEffect(() =>
    tinykeys(
      window,
      Object.fromEntries(
        Object.entries(keys).map(([key, act]) => [
          key,
          (event: KeyboardEvent) => {
            if (!key.includes("$mod") && (isTyping(event) || isPressing(event) || isOfAnother(key))) return;
            event.preventDefault();
            act();
          },
        ]),
      ),
      // By itself it hears nothing in fields; there, keys with ⌘ or Ctrl are no text.
      { ignore: (event) => event.repeat || event.isComposing },
    ),
  );
}

export function useShortcuts({ openPalette, openHelp }: { openPalette: () => void; openHelp: () => void }) {
  const navigate = useNavigate();
  useKeys({
    "$mod+k": openPalette,
    "/": openPalette,
    "Shift+?": openHelp,
    ...Object.fromEntries(places.map(({ key, to }) => [`g ${key}`, () => void navigate({ to })])),
  });
}
