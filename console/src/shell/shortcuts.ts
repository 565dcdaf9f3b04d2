/** What the keyboard does everywhere. Screens add keys of their own and name them in the help. */

import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import { tinykeys } from "tinykeys";
import { places } from "./places";

/** Keys typed into a field are text. */
const isTyping = (event: KeyboardEvent) =>
  event.target instanceof HTMLElement && event.target.closest("input, textarea, select, [contenteditable=true], .cm-editor") !== null;

/** Binds keys while a component is shown; `$mod` is ⌘ or Ctrl. */
export function useKeys(keys: Record<string, () => void>) {
  useEffect(() =>
    tinykeys(
      window,
      Object.fromEntries(
        Object.entries(keys).map(([key, act]) => [
          key,
          (event: KeyboardEvent) => {
            if (isTyping(event) && !key.includes("$mod")) return;
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
