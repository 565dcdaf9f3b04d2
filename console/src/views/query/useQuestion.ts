/** The question as it is typed, the one that was asked, and the address that holds both. */

import { useDebouncedCallback } from "@mantine/hooks";
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { BODY_CHARACTERS_MAX, type Question, question, same } from "./question";

const route = getRouteApi("/inside/logs/$log/views/$view");

const isShareable = (it: Question) => (it.body?.length ?? 0) <= BODY_CHARACTERS_MAX;
const inAddress = (it: Question) => (isShareable(it) ? question(it) : question({ ...it, body: undefined }));
const key = (it: Question) => JSON.stringify(question(it));

export function useQuestion(log: string, view: string) {
  const client = useQueryClient();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const address = question(search);
  const [draft, setDraft] = useState(address);
  const [asked, setAsked] = useState(search.asked ? address : undefined);
  // What the address got from here; another comes from a link, or from going back.
  const own = useRef(key(address));

  const go = (next: Question, isAsked: boolean, replace: boolean) => {
    own.current = key(inAddress(next));
    void navigate({
      search: ({ tab, form }) => ({ tab, form, ...inAddress(next), asked: isAsked && isShareable(next) ? "yes" : undefined }),
      replace,
      resetScroll: false,
    });
  };
  const write = useDebouncedCallback((next: Question) => go(next, same(next, asked), true), 250);

  useEffect(() => {
    if (key(address) !== own.current) {
      own.current = key(address);
      setDraft(address);
    }
    if (search.asked) setAsked((before) => (same(before, address) ? before : address));
  }, [key(address), search.asked]);

  return {
    draft,
    asked,
    isShareable: isShareable(draft),
    change: (fields: Partial<Question>) => {
      const next = { ...draft, ...fields };
      setDraft(next);
      write(next);
    },
    /** Asks, also what was asked before. */
    ask: (next: Question) => {
      write.cancel();
      const isAgain = same(asked, next);
      // What is on the screen is fetched again; what is not, when it comes onto it.
      void client.invalidateQueries({ queryKey: ["answer", log, view], refetchType: isAgain ? "active" : "none" });
      setDraft(next);
      setAsked(question(next));
      go(next, true, isAgain);
    },
    cancel: () => void client.cancelQueries({ queryKey: ["answer", log, view] }),
  };
}
