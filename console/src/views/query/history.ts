/** Questions that this browser asked or saved, of one tenant; both lists are bounded. */

import { useLocalStorage } from "@mantine/hooks";
import { useTenant } from "../../session/tenant";
import { added, ASKED_MAX, type Entry, entriesOf, isSame, SAVED_MAX } from "./entries";
import type { Question } from "./question";

export function useHistory(log: string, view: string) {
  const { tenant_id } = useTenant();
  const options = { defaultValue: [] as Entry[], getInitialValueInEffect: false };
  const [asked, setAsked] = useLocalStorage({ key: `primatomic-asked-${tenant_id}`, ...options });
  const [saved, setSaved] = useLocalStorage({ key: `primatomic-saved-${tenant_id}`, ...options });
  const ofView = (entries: unknown) => entriesOf(entries).filter((it) => it.log === log && it.view === view);
  return {
    asked: ofView(asked),
    saved: ofView(saved),
    remember: (question: Question) => setAsked((before) => added(entriesOf(before), { log, view, question }, ASKED_MAX)),
    save: (name: string, question: Question) =>
      setSaved((before) => {
        const others = entriesOf(before).filter((it) => !(it.log === log && it.view === view && it.name === name));
        return added(others, { log, view, question, name }, SAVED_MAX);
      }),
    forget: (entry: Entry) => setSaved((before) => entriesOf(before).filter((it) => !isSame(it, entry))),
  };
}
