import { Notifications } from "@mantine/notifications";
import "@mantine/notifications/styles.css";

export default function ShownNotices() {
  return <Notifications position="bottom-right" limit={3} />;
}
