/** Says something in a corner for a moment. */

let spoken = false;
const listeners = new Set<() => void>();

export const hasSpoken = () => spoken;

export function onFirst(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function say(message: string) {
  spoken = true;
  for (const listener of listeners) listener();
  // It waits for what shows it.
  void import("@mantine/notifications").then(({ notifications }) => notifications.show({ message, autoClose: 2500 }));
}
