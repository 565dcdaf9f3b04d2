/** Who is logged in, and what they may do. */

import { queries } from "../api/client";
import { includes, type Role } from "./roles";

export { includes, type Role };

/** The tenant of the session; screens inside the shell are shown only when it is known. */
export function useTenant() {
  const { data } = queries.useSuspenseQuery("get", "/tenants/me", {}, { staleTime: 60_000 });
  return { ...data, may: (role: Role) => includes(data.role, role) };
}
