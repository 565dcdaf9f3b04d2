import { Page } from "../design/Page";

export function LogScreen() {
  return (
    <Page name="Log" title="Log">
      {null}
    </Page>
  );
}
