/** Chooses a role, and says what it may do. */

import { Choice } from "../design/Choice";
import { type Role, ROLE_MEANS, ROLE_NAMES } from "./roles";

interface Props {
  label: string;
  roles: readonly Role[];
  value: Role;
  onChange: (role: Role) => void;
}

export function RoleChoice({ roles, ...rest }: Props) {
  const options = roles.map((role) => ({ value: role, label: ROLE_NAMES[role], description: ROLE_MEANS[role] }));
  return <Choice options={options} {...rest} />;
}
