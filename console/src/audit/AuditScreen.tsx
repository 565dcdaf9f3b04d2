import { Page } from "../design/Page";

export function AuditScreen() {
  return (
    <Page name="Audit" title="Audit">
      {null}
    </Page>
  );
}
