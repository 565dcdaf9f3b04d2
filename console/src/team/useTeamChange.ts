/** What is asked again after the team changed. */

import { useQueryClient } from "@tanstack/react-query";

export function useTeamChange() {
  const client = useQueryClient();
  return () =>
    Promise.all(
      ["/tenants/me", "/tenants/me/members", "/tenants/me/invitations", "/keys"].map((path) =>
        client.invalidateQueries({ queryKey: ["get", path] }),
      ),
    );
}
