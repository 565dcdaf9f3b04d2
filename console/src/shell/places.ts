/** The places of the console, in the order of the navigation. */

import type { Role } from "../session/tenant";

export interface Place {
  to: string;
  title: string;
  /** Behind `g`. */
  key: string;
  /** Below the tenant's heading. */
  ofTenant?: boolean;
  /** The lowest role that sees it. */
  role: Role;
}

export const places: Place[] = [
  { to: "/", title: "Home", key: "h", role: "read-only" },
  { to: "/logs", title: "Logs", key: "l", role: "read-only" },
  { to: "/views", title: "Views", key: "v", role: "read-only" },
  { to: "/usage", title: "Usage & billing", key: "u", role: "read-only" },
  { to: "/team", title: "Team", key: "t", ofTenant: true, role: "read-only" },
  { to: "/keys", title: "API keys", key: "k", ofTenant: true, role: "member" },
  { to: "/audit", title: "Audit", key: "a", ofTenant: true, role: "admin" },
  { to: "/settings", title: "Settings", key: "s", ofTenant: true, role: "read-only" },
  { to: "/account", title: "Your account", key: "y", ofTenant: true, role: "read-only" },
];
