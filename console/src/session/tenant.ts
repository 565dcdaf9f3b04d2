/** Who is logged in, and what they may do. */

import { queries, type Schemas } from "../api/client";

export type Role = Schemas["Role"];

const RANK: Record<Role, number> = { "read-only": 0, member: 1, admin: 2, owner: 3 };

/** Whether a role includes another. */
export const includes = (own: Role, needed: Role) => RANK[own] >= RANK[needed];

/** The tenant of the session; screens inside the shell are shown only when it is known. */
export function useTenant() {
  const { data } = queries.useSuspenseQuery("get", "/tenants/me", {}, { staleTime: 60_000 });
  return { ...data, may: (role: Role) => includes(data.role, role) };
}
