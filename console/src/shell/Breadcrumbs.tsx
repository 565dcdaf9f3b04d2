/** Where one is: the tenant, the place, the log, the view. */

import { Link, useLocation } from "@tanstack/react-router";
import { useTenant } from "../session/tenant";
import css from "./Breadcrumbs.module.css";
import { places } from "./places";

interface Crumb {
  title: string;
  to?: string;
}

/** From an address, since every address names what it shows. */
export function crumbs(pathname: string): Crumb[] {
  const parts = pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const [place, log, , view] = parts;
  const known = places.find((it) => it.to === `/${place ?? ""}`);
  const path: Crumb[] = [{ title: known?.title ?? place ?? "Home", to: known?.to }];
  if (log) path.push({ title: log, to: `/logs/${encodeURIComponent(log)}` });
  if (view) path.push({ title: view });
  return path;
}

export function Breadcrumbs() {
  const tenant = useTenant();
  const { pathname } = useLocation();
  const path = crumbs(pathname);
  return (
    <nav className={css.crumbs} aria-label="Where you are">
      <Link to="/" className={css.crumb}>
        {tenant.short_name}
      </Link>
      {path.map(({ title, to }, at) => (
        <span key={at} className={css.part}>
          <span className={css.slash} aria-hidden>
            /
          </span>
          {to && at < path.length - 1 ? (
            <Link to={to} className={css.crumb}>
              {title}
            </Link>
          ) : (
            <b className={css.here} aria-current="page">
              {title}
            </b>
          )}
        </span>
      ))}
    </nav>
  );
}
