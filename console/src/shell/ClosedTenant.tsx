/** What stands in place of the screens of a tenant that is closed: all that they would ask is refused. */

import { LinkButton } from "../design/LinkButton";
import { Page } from "../design/Page";
import { Panel } from "../design/Panel";
import { Empty } from "../design/Placeholder";
import { Time } from "../design/Time";

/** The screens that work all the same. */
export const OPEN_WHILE_CLOSED = ["/settings", "/account"];

export function ClosedTenant({ deleteAt }: { deleteAt: string }) {
  return (
    <Page name="Closed" title="This tenant is closed">
      <Panel>
        <Empty
          title="It is going to be deleted"
          action={
            <LinkButton variant="filled" color="dark" to="/settings">
              Open the settings
            </LinkButton>
          }
        >
          Everything is refused until the owner restores it. It is deleted for good <Time at={deleteAt} />.
        </Empty>
      </Panel>
    </Page>
  );
}
