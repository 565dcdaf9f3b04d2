/** A day, typed or picked. */

import { DateInput } from "@mantine/dates";
import "@mantine/dates/styles.css";

interface Props {
  value: string | null;
  onChange: (date: string | null) => void;
}

export default function DateChoice({ value, onChange }: Props) {
  const today = new Date().toISOString().slice(0, 10);
  return (
    <DateInput
      aria-label="Last day"
      placeholder="2027-01-31"
      description="The key works through the end of this day in UTC"
      inputWrapperOrder={["input", "description"]}
      valueFormat="YYYY-MM-DD"
      minDate={today}
      value={value}
      onChange={onChange}
      size="sm"
      clearable
      popoverProps={{ shadow: "md" }}
    />
  );
}
