import { Page } from "../design/Page";

export function HomeScreen() {
  return (
    <Page name="Home" title="Home">
      {null}
    </Page>
  );
}
