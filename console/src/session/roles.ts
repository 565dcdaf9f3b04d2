/** The roles: their order, and what they are in words. */

import type { Schemas } from "../api/client";

export type Role = Schemas["Role"];

const RANK: Record<Role, number> = { "read-only": 0, member: 1, admin: 2, owner: 3 };

/** Whether a role includes another. */
export const includes = (own: Role, needed: Role) => RANK[own] >= RANK[needed];

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
