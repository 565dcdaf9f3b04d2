/** The languages in which a screen's call can be copied. */

import { useClipboard } from "@mantine/hooks";
import { Menu } from "../design/fields";
import { type Language, useLanguage } from "../preferences";
import { LANGUAGES, useSnippets } from "./copyAs";
import type { OnDemandProps } from "./OnDemand";
import { say } from "./say";

export default function CopyAsMenu({ children }: OnDemandProps) {
  const snippets = useSnippets() ?? {};
  const [, setLanguage] = useLanguage();
  const clipboard = useClipboard();
  const copy = (language: Language) => {
    clipboard.copy(snippets[language] ?? "");
    setLanguage(language);
    say(`Copied as ${LANGUAGES[language]}`);
  };
  return (
    <Menu defaultOpened>
      <Menu.Target>{children}</Menu.Target>
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
