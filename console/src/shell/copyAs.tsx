/** What a screen shows, as a call from elsewhere: screens say it, the header offers it. */

import { Button, Menu } from "@mantine/core";
import { useClipboard } from "@mantine/hooks";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { ChevronIcon } from "../design/icons";
import { say } from "./say";
import { type Language, useLanguage } from "../preferences";

export type Snippets = Partial<Record<Language, string>>;

export const LANGUAGES: Record<Language, string> = { curl: "curl", ts: "TypeScript", python: "Python", cli: "CLI" };

const Context = createContext<{ snippets?: Snippets; set: (snippets?: Snippets) => void }>({ set: () => undefined });

export function CopyAsProvider({ children }: { children: ReactNode }) {
  const [snippets, set] = useState<Snippets>();
  const value = useMemo(() => ({ snippets, set }), [snippets]);
  return <Context value={value}>{children}</Context>;
}

/** Offers these calls as long as the screen is shown. */
export function useCopyAs(snippets: Snippets) {
  const { set } = useContext(Context);
  const text = JSON.stringify(snippets);
  useEffect(() => {
    set(JSON.parse(text) as Snippets);
    return () => set(undefined);
  }, [set, text]);
}

export function CopyAs() {
  const { snippets } = useContext(Context);
  const [, setLanguage] = useLanguage();
  const clipboard = useClipboard();
  if (!snippets) return null;
  const copy = (language: Language) => {
    clipboard.copy(snippets[language] ?? "");
    setLanguage(language);
    say(`Copied as ${LANGUAGES[language]}`);
  };
  return (
    <Menu>
      <Menu.Target>
        <Button rightSection={<ChevronIcon />}>Copy as</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {(Object.keys(LANGUAGES) as Language[])
          .filter((language) => snippets[language])
          .map((language) => (
            <Menu.Item key={language} onClick={() => copy(language)}>
              {LANGUAGES[language]}
            </Menu.Item>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}
