/** Who changed what in the tenant, newest first. */

import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { Page } from "../design/Page";
import { useCopyAs } from "../shell/copyAs";
import { pythonCall } from "../shell/pythonCall";
import { cli, curl, literal, ts } from "../shell/snippets";
import { AuditList } from "./AuditList";
import { Changed } from "./Changed";
import { Export } from "./Export";
import { Filters } from "./Filters";
import type { Filter } from "./filter";

const route = getRouteApi("/inside/audit");

export function AuditScreen() {
  const { event, ...filter } = route.useSearch();
  useCopyAs(snippets(filter));
  // A list begins anew with another filter, and so does what is typed.
  const [cleared, setCleared] = useState(0);
  return (
    <Page name="Audit" title="Audit" sub="Every change of the tenant, with who made it" actions={<Export filter={filter} />}>
      <div className="stack">
        <Filters key={cleared} filter={filter} onClear={() => setCleared(cleared + 1)} />
        <AuditList filter={filter} />
      </div>
      <Changed event={event} filter={filter} />
    </Page>
  );
}

function snippets(filter: Filter) {
  const set = Object.entries(filter).filter((pair): pair is [string, string] => Boolean(pair[1]));
  const query = set.map(([name, value]) => `${name}: ${literal(value)}`).join(", ");
  // The generated client names a parameter with an underscore where the word is Python's own.
  const named = set.map(([name, value]) => `${name === "type" ? "type_" : name}=${literal(value)}`);
  return {
    curl: curl({ path: "/tenants/me/audit", query: { ...filter } }),
    ts: ts(`const { data } = await primatomic.api.GET("/tenants/me/audit", { params: { query: { ${query} } } });`),
    python: pythonCall("tenants", "read_audit", ...named),
    cli: cli("audit", ...set.flatMap(([name, value]) => [`--${name}`, value])),
  };
}
