/** The navigation on a phone. */

import { Drawer } from "../design/fields";
import { Navigation } from "./Navigation";

export default function NavigationDrawer({ onClose }: { onClose: () => void }) {
  return (
    <Drawer opened onClose={onClose} size={260} title="Primatomic" padding="sm">
      <Navigation />
    </Drawer>
  );
}
