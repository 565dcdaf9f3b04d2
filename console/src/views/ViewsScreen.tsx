import { Page } from "../design/Page";

export function ViewsScreen() {
  return (
    <Page name="Views" title="Views">
      {null}
    </Page>
  );
}
