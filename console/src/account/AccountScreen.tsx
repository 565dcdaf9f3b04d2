import { Page } from "../design/Page";

export function AccountScreen() {
  return (
    <Page name="Account" title="Account">
      {null}
    </Page>
  );
}
