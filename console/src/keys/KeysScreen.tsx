import { Page } from "../design/Page";

export function KeysScreen() {
  return (
    <Page name="Keys" title="Keys">
      {null}
    </Page>
  );
}
