/** The link of the mail that proves an address. */

import { getRouteApi, Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { queries } from "../api/client";
import { ErrorNotice, Skeleton } from "../design/Placeholder";
import { Card } from "./Card";

const route = getRouteApi("/verify");

export function VerifyScreen() {
  const { token = "" } = route.useSearch();
  const begun = useRef(false);
  const verify = queries.useMutation("post", "/auth/verify-email");
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    verify.mutate({ body: { token } });
  });
  if (verify.isSuccess) {
    return (
      <Card title="Your address is verified">
        <Link to="/login">Log in</Link>
      </Card>
    );
  }
  return (
    <Card title="Verifying your address" below={verify.isError && <Link to="/login">Log in to get a new link</Link>}>
      {verify.isError ? <ErrorNotice error={verify.error} /> : <Skeleton rows={1} />}
    </Card>
  );
}
