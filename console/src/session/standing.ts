/**
 * What an answer tells about who one is. A role may have been changed, a session ended or a tenant closed by
 * somebody else while a page is open: then who one is, is asked again.
 */

import type { QueryClient } from "@tanstack/react-query";
import { queries } from "../api/client";
import { problem } from "../api/error";

const WHO = queries.queryOptions("get", "/tenants/me").queryKey;

export function noteStanding(client: QueryClient, error: unknown, askWhoFirst: () => void) {
  const known = client.getQueryState(WHO);
  // Before one is logged in there is nothing that could have changed.
  if (known?.data === undefined) return;
  switch (problem(error).code) {
    case "forbidden":
    case "tenant_closed":
      if (known.fetchStatus === "idle") void client.invalidateQueries({ queryKey: WHO });
      break;
    case "unauthenticated":
      client.removeQueries({ queryKey: WHO });
      askWhoFirst();
  }
}
