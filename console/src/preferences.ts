/** What a person chose for this browser. No secret is ever kept here. */

import { useLocalStorage } from "@mantine/hooks";
import type { Zone } from "./format";

export function useZone(): [Zone, (zone: Zone) => void] {
  const [zone, setZone] = useLocalStorage<Zone>({ key: "primatomic-zone", defaultValue: "utc", getInitialValueInEffect: false });
  return [zone, setZone];
}

export type Language = "curl" | "ts" | "python" | "cli";

export function useLanguage(): [Language, (language: Language) => void] {
  const [language, setLanguage] = useLocalStorage<Language>({
    key: "primatomic-language",
    defaultValue: "curl",
    getInitialValueInEffect: false,
  });
  return [language, setLanguage];
}

export interface Visit {
  /** The address within the console. */
  to: string;
  title: string;
  kind: "log" | "view";
}

const VISITS_MAX = 8;

/** What was opened last, newest first; of this tenant alone. */
export function useVisits(tenant: string): [Visit[], (visit: Visit) => void] {
  const [visits, setVisits] = useLocalStorage<Visit[]>({
    key: `primatomic-visits-${tenant}`,
    defaultValue: [],
    getInitialValueInEffect: false,
  });
  const add = (visit: Visit) =>
    setVisits((before) => [visit, ...before.filter((it) => it.to !== visit.to)].slice(0, VISITS_MAX));
  return [visits, add];
}
