/** A button whose menu is fetched when somebody wants it. */

import { cloneElement, type ComponentType, lazy, type ReactElement, Suspense, useMemo, useState } from "react";

export interface OnDemandProps {
  /** The button; the menu hangs below it, opened. */
  children: ReactElement<{ onClick?: () => void; onPointerEnter?: () => void }>;
}

interface Props extends OnDemandProps {
  load: () => Promise<{ default: ComponentType<OnDemandProps> }>;
}

export function OnDemand({ load, children }: Props) {
  const [wanted, setWanted] = useState(false);
  const Menu = useMemo(() => lazy(load), [load]);
  if (!wanted) {
    return cloneElement(children, { onClick: () => setWanted(true), onPointerEnter: () => void load() });
  }
  return (
    <Suspense fallback={children}>
      <Menu>{children}</Menu>
    </Suspense>
  );
}
