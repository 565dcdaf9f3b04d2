/** What of the audit log is shown: the parameters of the address, which are those of the API. */

export interface Filter {
  type?: string;
  actor?: string;
  about?: string;
  since?: string;
  until?: string;
}

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
export const isId = (text: string) => UUID.test(text.trim());

/** A time as a field of the kind `datetime-local` has it, in UTC or in local time. */
export function toField(time: string | undefined, zone: "utc" | "local"): string {
  const at = time ? new Date(time) : undefined;
  if (!at || Number.isNaN(at.getTime())) return "";
  const shifted = zone === "utc" ? at : new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

export function fromField(field: string, zone: "utc" | "local"): string | undefined {
  const at = new Date(zone === "utc" ? `${field}Z` : field);
  return field && !Number.isNaN(at.getTime()) ? at.toISOString().replace(".000Z", "Z") : undefined;
}

/** The one event that an address names: its sequence and its time, by which it is found again. */
export const toEvent = ({ sequence, at }: { sequence: number; at: string }) => `${sequence}~${at}`;

export function fromEvent(text: string | undefined): { sequence: number; since: string; until: string } | undefined {
  const [sequence, since] = text?.split("~") ?? [];
  const at = new Date(since ?? "");
  if (!sequence || !since || Number.isNaN(at.getTime())) return undefined;
  return { sequence: Number(sequence), since, until: new Date(at.getTime() + 1).toISOString() };
}
