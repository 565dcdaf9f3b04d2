/** What can be done to a row, behind three dots at its end. */

import { ActionIcon } from "@mantine/core";
import type { ReactNode } from "react";
import { Menu } from "./fields";
import { MoreIcon } from "./icons";

export function RowMenu({ label, children }: { label: string; children: ReactNode }) {
  return (
    <Menu width={200}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={label}>
          <MoreIcon />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}
