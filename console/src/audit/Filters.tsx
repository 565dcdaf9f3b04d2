/** What of the audit log is shown; all of it stands in the address. */

import { Button } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { queries } from "../api/client";
import { visible } from "../design/Text";
import { Select, TextInput } from "../design/fields";
import { usePreferredZone } from "../shell/zone";
import css from "./Audit.module.css";
import { type Filter, fromField, isId, toField } from "./filter";
import { TYPES, typeName } from "./sentences";

const MAX = 1000;
const TYPE_CHOICE = TYPES.map((type) => ({ value: type, label: typeName(type) }));

interface Props {
  filter: Filter;
  onClear: () => void;
}

export function Filters({ filter, onClear }: Props) {
  const navigate = useNavigate();
  const { zone, name } = usePreferredZone();
  const [about, setAbout] = useState(filter.about ?? "");
  const actors = useActors(filter.actor);
  const set = (change: Filter) => void navigate({ to: "/audit", search: { ...filter, ...change }, replace: true });
  const time = (field: "since" | "until", label: string) => (
    <TextInput
      type="datetime-local"
      label={`${label} (${name})`}
      value={toField(filter[field], zone)}
      onChange={(event) => set({ [field]: fromField(event.currentTarget.value, zone) })}
    />
  );
  const isAboutWrong = about.trim() !== "" && !isId(about);
  return (
    <div className={css.filters} role="search">
      <Select
        label="What happened"
        placeholder="Anything"
        data={TYPE_CHOICE}
        value={filter.type ?? null}
        onChange={(type) => set({ type: type ?? undefined })}
        searchable
        clearable
        size="sm"
      />
      <Select
        label="By"
        placeholder="Anybody"
        data={actors}
        value={filter.actor ?? null}
        onChange={(actor) => set({ actor: actor ?? undefined })}
        searchable
        clearable
        size="sm"
      />
      <TextInput
        label="About"
        placeholder="An id"
        value={about}
        error={isAboutWrong && "The id of a log, view, version, key or person"}
        onChange={(event) => {
          const text = event.currentTarget.value.trim();
          setAbout(text);
          if (text === "" || isId(text)) set({ about: text || undefined });
        }}
      />
      {time("since", "Since")}
      {time("until", "Until")}
      {Object.values(filter).some(Boolean) && (
        <Button
          className={css.clear}
          size="sm"
          onClick={() => {
            void navigate({ to: "/audit", search: {}, replace: true });
            onClear();
          }}
        >
          Show all
        </Button>
      )}
    </div>
  );
}

/** People, keys and the system. Somebody who left may stand in the address by id. */
function useActors(chosen: string | undefined) {
  const query = { params: { query: { limit: MAX } } };
  const members = queries.useQuery("get", "/tenants/me/members", query, { staleTime: 60_000 });
  const keys = queries.useQuery("get", "/keys", query, { staleTime: 60_000 });
  const people = members.data?.members.map((it) => ({ value: it.user_id, label: visible(it.email) })) ?? [];
  const named = keys.data?.keys.map((it) => ({ value: it.id, label: visible(it.name) })) ?? [];
  const known = [...people, ...named, { value: "system", label: "Primatomic" }];
  const isUnknown = chosen !== undefined && !known.some(({ value }) => value === chosen);
  return [
    { group: "People", items: people },
    { group: "API keys", items: named },
    { group: "Others", items: [known.at(-1)!, ...(isUnknown ? [{ value: chosen, label: chosen }] : [])] },
  ];
}
