import { Page } from "../design/Page";

export function SettingsScreen() {
  return (
    <Page name="Settings" title="Settings">
      {null}
    </Page>
  );
}
