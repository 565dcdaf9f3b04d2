/** Parts of a screen, each with an address of its own. */

import { Link } from "@tanstack/react-router";
import css from "./Tabs.module.css";

export interface Tab {
  name: string;
  title: string;
  count?: number;
}

/** The tab is the search parameter `tab` of the address; the first one needs none. */
export function Tabs({ tabs, current, label }: { tabs: Tab[]; current: string; label: string }) {
  return (
    <nav className={css.tabs} aria-label={label}>
      {tabs.map(({ name, title, count }, at) => (
        <Link
          key={name}
          to="."
          search={at === 0 ? {} : ({ tab: name } as never)}
          className={name === current ? `${css.tab} ${css.current}` : css.tab}
          aria-current={name === current ? "page" : undefined}
          activeProps={{}}
        >
          {title}
          {count !== undefined && <span className="faint"> {count}</span>}
        </Link>
      ))}
    </nav>
  );
}
