import { Page } from "../design/Page";

export function TeamScreen() {
  return (
    <Page name="Team" title="Team">
      {null}
    </Page>
  );
}
