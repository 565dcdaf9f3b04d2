import { Page } from "../design/Page";

export function ViewScreen() {
  return (
    <Page name="View" title="View">
      {null}
    </Page>
  );
}
