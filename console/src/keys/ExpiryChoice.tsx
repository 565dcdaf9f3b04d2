/** When the key ends: after some days, never, or on a date. The calendar is fetched when it is wanted. */

import { lazy, Suspense } from "react";
import { Field } from "../design/Field";
import { Skeleton } from "../design/Placeholder";
import { SegmentedControl } from "../design/fields";
import { type Preset, PRESETS } from "./expiry";

const DateChoice = lazy(() => import("./DateChoice"));

interface Props {
  preset: Preset;
  onPreset: (preset: Preset) => void;
  date: string | null;
  onDate: (date: string | null) => void;
}

export function ExpiryChoice({ preset, onPreset, date, onDate }: Props) {
  return (
    <Field label="Expires" below={preset === "never" && "It works until somebody revokes it, also when it was lost."}>
      {(id) => (
        <>
          <SegmentedControl
            aria-labelledby={id}
            fullWidth
            value={preset}
            onChange={(value) => onPreset(value as Preset)}
            data={PRESETS.map(({ value, label }) => ({ value, label }))}
          />
          {preset === "date" && (
            <div style={{ marginTop: 8 }}>
              <Suspense fallback={<Skeleton rows={1} height={58} />}>
                <DateChoice value={date} onChange={onDate} />
              </Suspense>
            </div>
          )}
        </>
      )}
    </Field>
  );
}
