import { Page } from "../design/Page";

export function UsageScreen() {
  return (
    <Page name="Usage" title="Usage">
      {null}
    </Page>
  );
}
