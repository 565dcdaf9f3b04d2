/** Uploads a component and follows its version until it is live or has failed. */

import { useQueryClient } from "@tanstack/react-query";
import { queries } from "../api/client";
import { useView } from "./useView";

export interface Upload {
  view: string;
  component: Blob;
  contentType: string;
  config: string;
}

export function useDeploy(log: string) {
  const client = useQueryClient();
  const upload = queries.useMutation("post", "/logs/{log}/views/{view}", {
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["get", "/logs/{log}/views"] }),
        client.invalidateQueries({ queryKey: ["get", "/logs/{log}/views/{view}"] }),
        client.invalidateQueries({ queryKey: ["all views"] }),
      ]),
  });
  const send = ({ view, component, contentType, config }: Upload) =>
    upload.mutate({
      params: {
        path: { log, view },
        query: { content_type: contentType || undefined, config: config || undefined },
      },
      // The document says of bytes only that they are binary.
      body: component as unknown as string,
      bodySerializer: (body: unknown) => body as BodyInit,
      headers: { "Content-Type": "application/wasm" },
    });
  return { upload, send };
}

/** A version that was accepted, as it stands now. */
export function useVersion(log: string, view: string, number: number) {
  const found = useView(log, view);
  return found.data?.versions.find(({ version }) => version === number);
}
