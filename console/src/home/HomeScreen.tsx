/** What the tenant needs first. */

import { Page } from "../design/Page";
import { Onboarding } from "./Onboarding";

export function HomeScreen() {
  return (
    <Page name="Home" title="Home">
      <Onboarding />
    </Page>
  );
}
