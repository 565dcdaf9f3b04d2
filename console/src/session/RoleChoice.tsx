/** Chooses a role, and says what it may do. */

import { Radio, Stack } from "@mantine/core";
import "@mantine/core/styles/RadioIndicator.css";
import "@mantine/core/styles/Radio.css";
import "@mantine/core/styles/Stack.css";
import type { Role } from "./tenant";
import { ROLE_MEANS, ROLE_NAMES } from "./roles";

interface Props {
  label: string;
  roles: readonly Role[];
  value: Role;
  onChange: (role: Role) => void;
}

export function RoleChoice({ label, roles, value, onChange }: Props) {
  return (
    <Radio.Group label={label} value={value} onChange={(role) => onChange(role as Role)}>
      <Stack gap={10} mt={6}>
        {roles.map((role) => (
          <Radio key={role} value={role} label={ROLE_NAMES[role]} description={ROLE_MEANS[role]} />
        ))}
      </Stack>
    </Radio.Group>
  );
}
