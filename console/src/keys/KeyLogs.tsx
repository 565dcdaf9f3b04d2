/** The logs that a key is limited to: how many, and their names when asked for. */

import { UnstyledButton } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { queries } from "../api/client";
import { Popover } from "../design/fields";
import { plural } from "../format";
import css from "./KeyLogs.module.css";

const NAMED_MAX = 20;

export function KeyLogs({ logs }: { logs: string[] | null | undefined }) {
  const [opened, setOpened] = useState(false);
  if (!logs) return <span className="soft">all</span>;
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-start" shadow="md">
      <Popover.Target>
        <UnstyledButton className={css.target} onClick={() => setOpened(!opened)}>
          {plural(logs.length, "log")}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <ul className={css.names}>
          {logs.slice(0, NAMED_MAX).map((log) => (
            <li key={log}>
              <LogName log={log} />
            </li>
          ))}
          {logs.length > NAMED_MAX && <li className="soft">and {logs.length - NAMED_MAX} more</li>}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
}

/** The name behind an id; a log that was deleted has none. */
function LogName({ log }: { log: string }) {
  const { data, isError } = queries.useQuery("get", "/logs/{log}", { params: { path: { log } } }, { staleTime: 60_000 });
  if (isError) return <span className="soft">a log that was deleted</span>;
  if (!data) return <span className="faint">…</span>;
  return (
    <Link to="/logs/$log" params={{ log: data.log_name }}>
      {data.log_name}
    </Link>
  );
}
