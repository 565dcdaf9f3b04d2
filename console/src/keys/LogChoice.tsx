/** All logs, or some of them, found by the beginning of their names. */

import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { queries } from "../api/client";
import { Field } from "../design/Field";
import { ErrorNotice } from "../design/Placeholder";
import { MultiSelect, SegmentedControl } from "../design/fields";

const FOUND_MAX = 30;
const LOGS_MAX = 1000;

interface Props {
  /** Names; null for all logs. */
  value: string[] | null;
  onChange: (logs: string[] | null) => void;
}

export function LogChoice({ value, onChange }: Props) {
  return (
    <Field label="Logs">
      {(id) => (
        <>
          <SegmentedControl
            aria-labelledby={id}
            fullWidth
            value={value === null ? "all" : "some"}
            onChange={(chosen) => onChange(chosen === "all" ? null : [])}
            data={[
              { value: "all", label: "All, also later ones" },
              { value: "some", label: "Some" },
            ]}
          />
          {value !== null && <Some value={value} onChange={onChange} />}
        </>
      )}
    </Field>
  );
}

function Some({ value, onChange }: { value: string[]; onChange: (logs: string[]) => void }) {
  const [typed, setTyped] = useState("");
  const [prefix] = useDebouncedValue(typed.trim(), 150);
  const found = queries.useQuery(
    "get",
    "/logs",
    { params: { query: { prefix: prefix || undefined, limit: FOUND_MAX } } },
    { placeholderData: keepPreviousData },
  );
  const names = found.data?.logs.map((log) => log.log_name) ?? [];
  return (
    <div style={{ marginTop: 8 }}>
      <MultiSelect
        aria-label="Names of the logs"
        placeholder={value.length === 0 ? "Begins with…" : undefined}
        nothingFoundMessage={found.isFetching ? "Looking…" : "No log begins like that"}
        data={[...new Set([...value, ...names])]}
        // While the server looks, what it found before stands here.
        filter={({ options }) =>
          options.filter((it) => "value" in it && !value.includes(it.value) && it.value.startsWith(typed.trim()))
        }
        maxValues={LOGS_MAX}
        searchable
        searchValue={typed}
        onSearchChange={setTyped}
        value={value}
        onChange={onChange}
        comboboxProps={{ shadow: "md" }}
      />
      <div className="soft" style={{ marginTop: 6 }}>
        The key sees nothing else of the tenant. {found.data?.next_cursor && "There are more logs than listed: type the beginning of a name."}
      </div>
      {found.isError && <ErrorNotice error={found.error} />}
    </div>
  );
}
