/** The command palette: places, actions, what was opened last, and logs as the server finds them. */

import { createSpotlight, Spotlight } from "@mantine/spotlight";
import "@mantine/spotlight/styles.css";
import { useDebouncedValue } from "@mantine/hooks";
import { useRouter } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { queries } from "../api/client";
import { SearchIcon } from "../design/icons";
import { useVisits } from "../preferences";
import { useTenant } from "../session/tenant";
import { places } from "./places";

const [store, spotlight] = createSpotlight();

const FOUND_MAX = 8;

interface Command {
  title: string;
  detail?: string;
  act: () => void;
}

export default function Palette({ onClose, openHelp }: { onClose: () => void; openHelp: () => void }) {
  const tenant = useTenant();
  const router = useRouter();
  const [query, setQuery] = useState("");
  const [prefix] = useDebouncedValue(query.trim(), 120);
  const [visits] = useVisits(tenant.tenant_id);
  const logs = queries.useQuery(
    "get",
    "/logs",
    { params: { query: { prefix, limit: FOUND_MAX } } },
    { enabled: /^[A-Za-z0-9._-]+$/.test(prefix) },
  );
  useEffect(() => spotlight.open(), []);

  const go = (to: string) => () => router.history.push(`/console${to}`);
  const matches = (command: Command) => command.title.toLowerCase().includes(query.trim().toLowerCase());
  const actions: Command[] = [
    ...(tenant.may("member") ? [{ title: "Create a log", act: go("/logs?new=log") }] : []),
    ...(tenant.may("member") ? [{ title: "Create an API key", act: go("/keys?new=key") }] : []),
    ...(tenant.may("admin") ? [{ title: "Invite somebody", act: go("/team?invite=now") }] : []),
    { title: "Show the keys", detail: "?", act: openHelp },
    { title: "Read the documentation", act: () => window.open("/docs", "_blank", "noopener") },
  ];
  const toPlaces = places
    .filter((place) => tenant.may(place.role))
    .map(({ to, title, key }) => ({ title: `Go to ${title}`, detail: `g ${key}`, act: go(to) }));
  const groups: [string, Command[]][] = [
    ["Opened last", query ? [] : visits.map(({ title, to, kind }) => ({ title, detail: kind, act: go(to) }))],
    [
      "Logs",
      prefix && logs.data
        ? logs.data.logs.map((log) => ({ title: log.log_name, act: go(`/logs/${encodeURIComponent(log.log_name)}`) }))
        : [],
    ],
    ["Actions", actions.filter(matches)],
    ["Places", toPlaces.filter(matches)],
  ];
  const shown = groups.filter(([, commands]) => commands.length > 0);
  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      onSpotlightClose={onClose}
      shortcut={null}
      scrollable
      maxHeight={420}
    >
      <Spotlight.Search placeholder="Search logs, or run a command" leftSection={<SearchIcon />} />
      <Spotlight.ActionsList>
        {shown.map(([title, commands]) => (
          <Spotlight.ActionsGroup key={title} label={title}>
            {commands.map(({ title, detail, act }, at) => (
              <Spotlight.Action
                key={`${title}${at}`}
                label={title}
                onClick={act}
                rightSection={detail && <span className="faint">{detail}</span>}
              />
            ))}
          </Spotlight.ActionsGroup>
        ))}
        {shown.length === 0 && <Spotlight.Empty>Nothing found</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
