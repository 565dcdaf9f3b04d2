/** What needs somebody, how things go, and which logs are used most. */

import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { queries } from "../api/client";
import { Page } from "../design/Page";
import { ErrorNotice } from "../design/Placeholder";
import { SegmentedControl } from "../design/fields";
import { useCopyAs } from "../shell/copyAs";
import { pythonCall } from "../shell/pythonCall";
import { cli, curl, ts } from "../shell/snippets";
import { Activity } from "./Activity";
import { NeedsYou } from "./NeedsYou";
import { RecentLogs } from "./RecentLogs";
import { useOnboarding } from "./useOnboarding";

const Onboarding = lazy(() => import("./Onboarding"));

const route = getRouteApi("/inside/");

export const RANGES = { hour: 3600, day: 86_400, "2days": 172_800 } as const;

export function HomeScreen() {
  const { range = "day" } = route.useSearch();
  const navigate = useNavigate();
  const usage = queries.useQuery("get", "/billing/usage", { params: { query: {} } }, { refetchInterval: 60_000 });
  const progress = useOnboarding();
  useCopyAs({
    curl: curl({ path: "/billing/usage" }),
    ts: ts(`const { data } = await primatomic.api.GET("/billing/usage");`),
    python: pythonCall("billing", "get_usage"),
    cli: cli("usage"),
  });
  return (
    <Page
      name="Home"
      title="Home"
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Range"
          value={range}
          onChange={(value) => void navigate({ to: "/", search: { range: value === "day" ? undefined : value }, replace: true })}
          data={[
            { value: "hour", label: "1 hour" },
            { value: "day", label: "24 hours" },
            { value: "2days", label: "48 hours" },
          ]}
        />
      }
    >
      <div className="stack" style={{ gap: 22 }}>
        {progress.isShown && (
          <Suspense>
            <Onboarding progress={progress} />
          </Suspense>
        )}
        {usage.isError && <ErrorNotice error={usage.error} retry={() => void usage.refetch()} />}
        {!usage.isError && <NeedsYou usage={usage.data} />}
        <Activity usage={usage.data} seconds={RANGES[range as keyof typeof RANGES] ?? RANGES.day} />
        <RecentLogs />
      </div>
    </Page>
  );
}
