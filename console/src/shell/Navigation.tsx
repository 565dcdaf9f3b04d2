/** The places, and the menu of who is logged in. */

import { Link } from "@tanstack/react-router";
import { ROLE_NAMES } from "../session/roles";
import { useTenant } from "../session/tenant";
import css from "./Navigation.module.css";
import { OnDemand } from "./OnDemand";
import { places } from "./places";

export function Navigation() {
  const tenant = useTenant();
  const seen = places.filter((place) => tenant.may(place.role));
  const link = ({ to, title, key }: (typeof places)[number]) => (
    <Link
      key={to}
      to={to}
      className={css.link}
      activeProps={{ className: `${css.link} ${css.active}` }}
      activeOptions={{ exact: to === "/", includeSearch: false }}
    >
      {title}
      <kbd className={css.key} aria-hidden>
        g {key}
      </kbd>
    </Link>
  );
  return (
    <nav className={css.nav} aria-label="Places">
      <Tenant />
      {seen.filter((place) => !place.ofTenant).map(link)}
      <div className={css.heading}>Tenant</div>
      {seen.filter((place) => place.ofTenant).map(link)}
    </nav>
  );
}

const tenantMenu = () => import("./TenantMenu");

function Tenant() {
  const tenant = useTenant();
  return (
    <OnDemand load={tenantMenu}>
      <button type="button" className={css.tenant} aria-haspopup="menu">
        <span className="spoken">Tenant </span>
        <span className={css.mark} aria-hidden>
          {tenant.short_name.charAt(0).toUpperCase()}
        </span>
        <span className="ellipsis">
          <b className="ellipsis">{tenant.short_name}</b>{" "}
          <small className="faint">{ROLE_NAMES[tenant.role]}</small>
        </span>
      </button>
    </OnDemand>
  );
}
