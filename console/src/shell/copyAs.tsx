/** What a screen shows, as a call from elsewhere: screens say it, the header offers it. */

import { Button } from "@mantine/core";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { ChevronIcon } from "../design/icons";
import type { Language } from "../preferences";
import { OnDemand } from "./OnDemand";

export type Snippets = Partial<Record<Language, string>>;

export const LANGUAGES: Record<Language, string> = { curl: "curl", ts: "TypeScript", python: "Python", cli: "CLI" };

const Context = createContext<{ snippets?: Snippets; set: (snippets?: Snippets) => void }>({ set: () => undefined });

export function CopyAsProvider({ children }: { children: ReactNode }) {
  const [snippets, set] = useState<Snippets>();
  const value = useMemo(() => ({ snippets, set }), [snippets]);
  return <Context value={value}>{children}</Context>;
}

export const useSnippets = () => useContext(Context).snippets;

/** Offers these calls as long as the screen is shown. */
export function useCopyAs(snippets: Snippets) {
  const { set } = useContext(Context);
  const text = JSON.stringify(snippets);
  useEffect(() => {
    set(JSON.parse(text) as Snippets);
    return () => set(undefined);
  }, [set, text]);
}

const menu = () => import("./CopyAsMenu");

export function CopyAs() {
  if (!useSnippets()) return null;
  return (
    <OnDemand load={menu}>
      <Button rightSection={<ChevronIcon />} aria-haspopup="menu">
        Copy as
      </Button>
    </OnDemand>
  );
}
