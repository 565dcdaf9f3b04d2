/** The views that are folded from a log. */

import { Link } from "@tanstack/react-router";
import { queries, type Schemas } from "../api/client";
import { Panel } from "../design/Panel";
import { Pill, type Tone } from "../design/Pill";
import { Empty, ErrorNotice, Skeleton } from "../design/Placeholder";
import { type Column, Table } from "../design/Table";
import { Time } from "../design/Time";
import { count, plural } from "../format";
import { useCopyAs } from "../shell/copyAs";
import { cli, curl, python, ts } from "../shell/snippets";

type View = Schemas["View"];

const TONES: Record<Schemas["State"], Tone> = { live: "ok", building: "accent", retired: "quiet", failed: "bad" };

const liveOf = (view: View) => view.versions.find((version) => version.live);

/** Views of one log are few. */
const VIEWS = 1000;

export default function ViewsTab({ log }: { log: string }) {
  const list = queries.useQuery("get", "/logs/{log}/views", { params: { path: { log }, query: { limit: VIEWS } } }, { refetchInterval: 5000 });
  useCopyAs({
    curl: curl({ path: `/logs/${log}/views` }),
    ts: ts(`const { data } = await primatomic.api.GET("/logs/{log}/views", { params: { path: { log: ${JSON.stringify(log)} } } });`),
    python: python(
      "from primatomic.generated.api.views import list_views",
      "",
      `print(primatomic.call(list_views, ${JSON.stringify(log)}))`,
    ),
    cli: cli("view", "list", log),
  });
  const columns: Column<View>[] = [
    {
      title: "View",
      cell: (view) => (
        <Link to="/logs/$log/views/$view" params={{ log, view: view.view_name }}>
          <b>{view.view_name}</b>
        </Link>
      ),
    },
    { title: "State", cell: ({ state }) => <Pill tone={TONES[state]}>{state}</Pill> },
    { title: "Version", numeric: true, optional: true, cell: ({ live_version }) => live_version ?? "none" },
    { title: "Applied", numeric: true, optional: true, cell: (view) => count(liveOf(view)?.applied_sequence ?? 0) },
    { title: "Behind", numeric: true, cell: (view) => plural(liveOf(view)?.lag_events ?? view.head_sequence, "event") },
    { title: "Made", optional: true, cell: ({ created_at }) => <Time at={created_at} /> },
  ];
  if (list.isError && !list.data) return <ErrorNotice error={list.error} retry={() => void list.refetch()} />;
  const views = list.data?.views;
  return (
    <Panel flush>
      {!views && <Skeleton rows={3} />}
      {views?.length === 0 && (
        <Empty title="No views yet">
          A view is a WebAssembly component that folds the events of this log into a state, and answers questions about it.
        </Empty>
      )}
      {views && views.length > 0 && <Table label="Views" columns={columns} rows={views} rowKey={(view) => view.view_id} />}
    </Panel>
  );
}
