/** What stands around every screen: navigation, header, palette, shortcuts. */

import { ActionIcon, Button } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Outlet, useLocation } from "@tanstack/react-router";
import { lazy, Suspense, useEffect } from "react";
import { MenuIcon, SearchIcon } from "../design/icons";
import { Skeleton } from "../design/Placeholder";
import { useTenant } from "../session/tenant";
import { Breadcrumbs } from "./Breadcrumbs";
import { ClosedTenant, OPEN_WHILE_CLOSED } from "./ClosedTenant";
import { CopyAs, CopyAsProvider } from "./copyAs";
import css from "./Shell.module.css";
import { Navigation } from "./Navigation";
import { useShortcuts } from "./shortcuts";
import { usePreferredZone } from "./zone";

const Palette = lazy(() => import("./Palette"));
const ShortcutHelp = lazy(() => import("./ShortcutHelp"));
const NavigationDrawer = lazy(() => import("./NavigationDrawer"));

export function Shell() {
  const [palette, setPalette] = useDisclosure(false);
  const [help, setHelp] = useDisclosure(false);
  const [drawer, setDrawer] = useDisclosure(false);
  const location = useLocation();
  const { deletion } = useTenant();
  const isClosed = deletion && !OPEN_WHILE_CLOSED.includes(location.pathname);
  useShortcuts({ openPalette: setPalette.open, openHelp: setHelp.open });
  useEffect(setDrawer.close, [location.pathname]);
  return (
    <CopyAsProvider>
      <a className={css.skip} href="#main">
        Skip to the content
      </a>
      <div className={css.app}>
        <div className={css.side}>
          <Navigation />
        </div>
        <div className={css.content}>
          <header className={css.header}>
            <ActionIcon className={css.burger} variant="subtle" color="gray" aria-label="Menu" onClick={setDrawer.open}>
              <MenuIcon />
            </ActionIcon>
            <Breadcrumbs />
            <span className="grow" />
            <button type="button" className={css.search} onClick={setPalette.open} aria-label="Search or run a command">
              <SearchIcon />
              <span className={css.searchText}>Search or run a command</span>
              <kbd className={css.key}>⌘K</kbd>
            </button>
            <ZoneSwitch />
            <span className={css.copyAs}>
              <CopyAs />
            </span>
          </header>
          <main id="main" className={css.main} tabIndex={-1}>
            <Suspense fallback={<Skeleton rows={6} />}>
              {isClosed && deletion ? <ClosedTenant deleteAt={deletion.delete_at} /> : <Outlet />}
            </Suspense>
          </main>
        </div>
      </div>
      <Suspense>
        {palette && <Palette onClose={setPalette.close} openHelp={setHelp.open} />}
        {help && <ShortcutHelp onClose={setHelp.close} />}
        {drawer && <NavigationDrawer onClose={setDrawer.close} />}
      </Suspense>
    </CopyAsProvider>
  );
}

function ZoneSwitch() {
  const { zone, toggle, name } = usePreferredZone();
  return (
    <Button
      variant="subtle"
      color="gray"
      className={css.zone}
      onClick={toggle}
      aria-label={`Times: ${name}`}
      title={zone === "utc" ? "Times are in UTC" : "Times are local"}
    >
      {name}
    </Button>
  );
}
