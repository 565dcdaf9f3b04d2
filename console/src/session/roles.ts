/** The roles, in words. */

import { includes, type Role } from "./tenant";

export const ROLES: readonly Role[] = ["read-only", "member", "admin", "owner"];

export const ROLE_NAMES: Record<Role, string> = {
  "read-only": "Read-only",
  member: "Member",
  admin: "Admin",
  owner: "Owner",
};

/** What somebody with the role may do. */
export const ROLE_MEANS: Record<Role, string> = {
  "read-only": "Reads events, asks views, and sees the team. Changes nothing.",
  member: "Also creates logs, appends events, deploys and deletes views, and makes API keys.",
  admin: "Also deletes logs, invites and removes people, sees all API keys and the audit log, and manages billing.",
  owner: "Also hands the tenant over, and deletes it. A tenant has one owner.",
};

/** The roles that somebody may give: up to their own, and never the owner's. */
export const givable = (own: Role) => ROLES.filter((role) => role !== "owner" && includes(own, role));

/** Nobody acts on an equal or higher role. */
export const actsOn = (own: Role, theirs: Role) => includes(own, "admin") && !includes(theirs, own);
