/** The views of one log, for the screen of the log. */

import { useCopyAs } from "../shell/copyAs";
import { Panel } from "../design/Panel";
import { Empty, ErrorNotice, Skeleton } from "../design/Placeholder";
import { Table } from "../design/Table";
import { byNeed } from "./allViews";
import { ofLog } from "./columns";
import { DeployButton, DeployDrop } from "./Deploy";
import { listSnippets } from "./snippets";
import { useLogViews } from "./useLogViews";

export function LogViews({ log }: { log: string }) {
  const list = useLogViews(log);
  useCopyAs(listSnippets(log));
  const rows = (list.data?.views ?? []).map((view) => ({ log, view })).sort(byNeed);
  let content = <Skeleton rows={3} />;
  if (list.isError && !list.data) {
    content = <ErrorNotice error={list.error} retry={() => void list.refetch()} />;
  } else if (list.data && rows.length === 0) {
    content = (
      <Empty title="No views yet" action={<DeployButton log={log} title="Deploy a view" />}>
        A view is a WebAssembly component that folds the events of this log, and answers queries from what it made of them.
      </Empty>
    );
  } else if (list.data) {
    content = <Table label="Views" columns={ofLog} rows={rows} rowKey={({ view }) => view.view_id} />;
  }
  return (
    <DeployDrop log={log}>
      <Panel flush title="Views" actions={rows.length > 0 && <DeployButton log={log} title="Deploy a view" />}>
        {content}
      </Panel>
    </DeployDrop>
  );
}
