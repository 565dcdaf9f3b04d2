/** A call in four languages; the one that was chosen last stays chosen everywhere. */

import { SegmentedControl } from "../design/fields";
import { Copy } from "../design/Copy";
import { type Language, useLanguage } from "../preferences";
import { LANGUAGES, type Snippets } from "../shell/copyAs";
import css from "./Onboarding.module.css";

export function Code({ snippets }: { snippets: Snippets }) {
  const [language, setLanguage] = useLanguage();
  const text = snippets[language] ?? "";
  return (
    <div className={css.code}>
      <div className={css.codeHead}>
        <SegmentedControl
          size="xs"
          aria-label="Language"
          value={language}
          onChange={(value) => setLanguage(value as Language)}
          data={(Object.keys(LANGUAGES) as Language[]).map((value) => ({ value, label: LANGUAGES[value] }))}
        />
        <span className="grow" />
        <Copy value={text} label="Copy the code" />
      </div>
      <pre className="mono" tabIndex={0} aria-label={`The step in ${LANGUAGES[language]}`}>
        {text}
      </pre>
    </div>
  );
}
