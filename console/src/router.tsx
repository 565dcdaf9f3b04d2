/** The addresses of all screens, with what they take from their search part. Every state is a URL. */

import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from "@tanstack/react-router";
import { queries } from "./api/client";
import { problem } from "./api/error";
import { noteStanding } from "./session/standing";
import { Failure, Missing } from "./shell/Failure";
import { Shell } from "./shell/Shell";

/** An answer may say that one is somebody else now: then the address is looked at again, and may lead to the login. */
const onError = (error: unknown) => noteStanding(queryClient, error, () => void router.invalidate());

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  mutationCache: new MutationCache({ onError }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // Only what may be over by itself is asked again; the client repeats what the server was too busy for.
      retry: (failures, error) => problem(error).code === "offline" && failures < 5,
      retryDelay: (attempt) => Math.min(1000 * 2 ** attempt, 10_000),
    },
  },
});

type Search = Record<string, string | undefined>;

/** The named parameters of an address; others are dropped. */
const only =
  <K extends string>(...names: K[]) =>
  (search: Search): { [N in K]?: string } =>
    Object.fromEntries(names.flatMap((name) => (search[name] ? [[name, search[name]]] : []))) as { [N in K]?: string };

const root = createRootRoute({ component: Outlet, errorComponent: Failure, notFoundComponent: Missing });

const outside = <P extends string, K extends string>(
  path: P,
  load: () => Promise<Record<string, unknown>>,
  name: string,
  ...parameters: K[]
) =>
  createRoute({
    getParentRoute: () => root,
    path,
    validateSearch: only(...parameters),
    component: lazyRouteComponent(load as never, name as never),
  });

const session = () => import("./session");
const login = outside("/login", session, "LoginScreen", "next", "token");
const signup = outside("/signup", session, "SignupScreen");
const verify = outside("/verify", session, "VerifyScreen", "token");
const invite = outside("/invite", session, "InvitationScreen", "token");
const forgot = outside("/forgot-password", session, "ForgotScreen");
const reset = outside("/reset-password", session, "ResetScreen", "token");
const deleted = outside("/deleted", () => import("./settings/DeletedScreen"), "DeletedScreen", "job", "tenant");

/** Screens of somebody who is logged in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  errorComponent: Failure,
  beforeLoad: async ({ location }) => {
    try {
      await queryClient.ensureQueryData(queries.queryOptions("get", "/tenants/me"));
    } catch (error) {
      if (problem(error).code !== "unauthenticated") throw error;
      const next = location.href === "/" ? undefined : location.href;
      throw redirect({ to: "/login", search: { next } });
    }
  },
});

const screen = <P extends string, K extends string>(
  path: P,
  load: () => Promise<Record<string, unknown>>,
  name: string,
  ...parameters: K[]
) =>
  createRoute({
    getParentRoute: () => inside,
    path,
    validateSearch: only(...parameters),
    component: lazyRouteComponent(load as never, name as never),
    errorComponent: Failure,
  });

const home = screen("/", () => import("./home/HomeScreen"), "HomeScreen", "range");
const logs = screen("/logs", () => import("./logs/LogsScreen"), "LogsScreen", "prefix", "new");
const log = screen(
  "/logs/$log",
  () => import("./logs/LogScreen"),
  "LogScreen",
  "tab",
  "from",
  "at",
  "until",
  "text",
  "filter",
  "live",
  "event",
  "compare",
  "form",
  "append",
  "deletion",
);
const views = screen("/views", () => import("./views/ViewsScreen"), "ViewsScreen", "prefix", "state");
const view = screen(
  "/logs/$log/views/$view",
  () => import("./views/ViewScreen"),
  "ViewScreen",
  "tab",
  "parameters",
  "body",
  "after",
  "as_of",
  "version",
  "form",
  "asked",
  "deploy",
  "deletion",
);
const usage = screen("/usage", () => import("./usage/UsageScreen"), "UsageScreen", "month", "meter", "log", "view", "step", "sum", "explain", "checkout");
const team = screen("/team", () => import("./team/TeamScreen"), "TeamScreen", "invite");
const keys = screen("/keys", () => import("./keys/KeysScreen"), "KeysScreen", "new");
const audit = screen(
  "/audit",
  () => import("./audit/AuditScreen"),
  "AuditScreen",
  "type",
  "actor",
  "about",
  "since",
  "until",
  "event",
);
const settings = screen("/settings", () => import("./settings/SettingsScreen"), "SettingsScreen", "tab");
const account = screen("/account", () => import("./account/AccountScreen"), "AccountScreen");

const routes = root.addChildren([
  login,
  signup,
  verify,
  invite,
  forgot,
  reset,
  deleted,
  inside.addChildren([home, logs, log, views, view, usage, team, keys, audit, settings, account]),
]);

export const router = createRouter({
  routeTree: routes,
  basepath: "/console",
  defaultPreload: "intent",
  scrollRestoration: true,
  // Parameters are plain text, so that addresses can be read, typed and shared.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const pairs = Object.entries(search).filter(([, value]) => value !== undefined && value !== "");
    const text = new URLSearchParams(pairs as [string, string][]).toString();
    return text && `?${text}`;
  },
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
