/** All views of the tenant; those that stand still come first. */

import { useDebouncedCallback } from "@mantine/hooks";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { SegmentedControl, TextInput } from "../design/fields";
import { SearchIcon } from "../design/icons";
import { LinkButton } from "../design/LinkButton";
import { Page } from "../design/Page";
import { Panel } from "../design/Panel";
import { Empty, ErrorNotice, Skeleton } from "../design/Placeholder";
import { VirtualTable } from "../design/VirtualTable";
import { count, plural } from "../format";
import { useCopyAs } from "../shell/copyAs";
import { type AllViews, filtered, useAllViews, type ViewOfLog, VIEWS_MAX } from "./allViews";
import { ofTenant } from "./columns";
import { listSnippets } from "./snippets";
import { standing, type Standing } from "./standing";
import css from "./ViewsScreen.module.css";

const route = getRouteApi("/inside/views");
const FILTERS: Standing[] = ["halted", "failed", "behind", "building", "live"];

export function ViewsScreen() {
  const { prefix = "", state = "" } = route.useSearch();
  const navigate = route.useNavigate();
  const all = useAllViews();
  const [typed, setTyped] = useState(prefix);
  const look = useDebouncedCallback(
    (prefix: string) => void navigate({ search: (before) => ({ ...before, prefix: prefix || undefined }), replace: true }),
    150,
  );
  const rows = useMemo(() => filtered(all.data?.views ?? [], prefix, state), [all.data, prefix, state]);
  useCopyAs(listSnippets(all.data?.views[0]?.log ?? "LOG"));
  return (
    <Page name="Views" title="Views" sub={all.data && <Summary all={all.data} />}>
      <div className="stack">
        <div className={css.filters}>
          <TextInput
            aria-label="Views and logs that begin with"
            placeholder="Begins with…"
            leftSection={<SearchIcon />}
            value={typed}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              look(event.currentTarget.value.trim());
            }}
          />
          <div className={css.states}>
            <SegmentedControl
              aria-label="State"
              value={state}
              onChange={(state) => void navigate({ search: (before) => ({ ...before, state: state || undefined }), replace: true })}
              data={[{ value: "", label: "all" }, ...FILTERS]}
            />
          </div>
        </div>
        <Panel flush>
          {all.isError && !all.data ? (
            <ErrorNotice error={all.error} retry={() => void all.refetch()} />
          ) : all.data ? (
            <List rows={rows} isFiltered={Boolean(prefix || state)} />
          ) : (
            <Skeleton rows={8} />
          )}
        </Panel>
      </div>
    </Page>
  );
}

function Summary({ all }: { all: AllViews }) {
  const still = all.views.filter(({ view }) => ["halted", "failed"].includes(standing(view))).length;
  return (
    <>
      {plural(all.views.length, "view")}
      {still > 0 && `, ${count(still)} of them stopped`}
      {all.isPart && ` · of the newest ${count(VIEWS_MAX)}; a log shows all of its own`}
    </>
  );
}

function List({ rows, isFiltered }: { rows: ViewOfLog[]; isFiltered: boolean }) {
  if (rows.length === 0) {
    return isFiltered ? (
      <Empty title="No such view">None begins like that and is in that state.</Empty>
    ) : (
      <Empty title="No views yet" action={<LinkButton to="/logs">Choose a log</LinkButton>}>
        A view is a WebAssembly component that folds the events of a log, and answers queries from what it made of them. Deploy
        one on the screen of its log.
      </Empty>
    );
  }
  return (
    <VirtualTable
      label="Views"
      columns={ofTenant}
      rows={rows}
      rowKey={({ view }) => view.view_id}
      hasMore={false}
      isFetching={false}
      fetchMore={() => undefined}
    />
  );
}
