/** Says something in a corner for a moment; what shows it is fetched when it is needed. */

export function say(message: string) {
  void import("@mantine/notifications").then(({ notifications }) => notifications.show({ message, autoClose: 2500 }));
}
