/** A view as the server has it, asked again while it is looked at. */

import { queries } from "../api/client";
import { problem } from "../api/error";
import { standing, successor, type View } from "./standing";

const CALM_MS = 5000;
const BUSY_MS = 1000;

const isMoving = (view?: View) => view !== undefined && (standing(view) === "building" || successor(view) !== undefined);

export function useView(log: string, view: string) {
  return queries.useQuery(
    "get",
    "/logs/{log}/views/{view}",
    { params: { path: { log, view } } },
    {
      refetchInterval: ({ state }) => {
        if (state.error && problem(state.error).code !== "offline") return false;
        return isMoving(state.data) ? BUSY_MS : CALM_MS;
      },
    },
  );
}
