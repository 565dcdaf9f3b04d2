/** All keys, as `?` shows them. */

import { Modal } from "../design/fields";
import { places } from "./places";
import css from "./ShortcutHelp.module.css";

const GROUPS: [string, [string, string][]][] = [
  [
    "Everywhere",
    [
      ["⌘ K or /", "Search or run a command"],
      ["?", "These keys"],
      ["Esc", "Close what is open"],
    ],
  ],
  ["Go to", places.map(({ key, title }) => [`g ${key}`, title])],
  [
    "A log",
    [
      ["j, k", "Next and previous event"],
      ["Space", "Pause or go on"],
      ["a", "Append"],
    ],
  ],
  ["A view", [["⌘ Enter", "Ask"]]],
];

export default function ShortcutHelp({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keys" size="lg">
      <div className={css.groups}>
        {GROUPS.map(([title, keys]) => (
          <section key={title}>
            <h2>{title}</h2>
            <dl className={css.keys}>
              {keys.map(([key, what]) => (
                <div key={key}>
                  <dt className="mono">{key}</dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Modal>
  );
}
