/** The places, and the menu of who is logged in. */

import { Menu, useMantineColorScheme } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { api } from "../api/client";
import { ROLE_NAMES } from "../session/roles";
import { useTenant } from "../session/tenant";
import css from "./Navigation.module.css";
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
      <TenantMenu />
      {seen.filter((place) => !place.ofTenant).map(link)}
      <div className={css.heading}>Tenant</div>
      {seen.filter((place) => place.ofTenant).map(link)}
    </nav>
  );
}

function TenantMenu() {
  const tenant = useTenant();
  const navigate = useNavigate();
  const client = useQueryClient();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const logOut = async () => {
    await api.POST("/auth/logout");
    client.clear();
    await navigate({ to: "/login" });
  };
  return (
    <Menu width={200} position="bottom-start">
      <Menu.Target>
        <button type="button" className={css.tenant} aria-label={`Tenant ${tenant.short_name}`}>
          <span className={css.mark} aria-hidden>
            {tenant.short_name.charAt(0).toUpperCase()}
          </span>
          <span className="ellipsis">
            <b className="ellipsis">{tenant.short_name}</b>
            <small className="faint">{ROLE_NAMES[tenant.role]}</small>
          </span>
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/account">
          Your account
        </Menu.Item>
        <Menu.Item component="a" href="/docs">
          Documentation
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>Colours</Menu.Label>
        {(["auto", "light", "dark"] as const).map((scheme) => (
          <Menu.Item
            key={scheme}
            onClick={() => setColorScheme(scheme)}
            aria-current={colorScheme === scheme || undefined}
            fw={colorScheme === scheme ? 600 : undefined}
          >
            {{ auto: "As the system has", light: "Light", dark: "Dark" }[scheme]}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => void logOut()}>Log out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
