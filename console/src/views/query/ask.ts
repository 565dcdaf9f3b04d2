/** Asks a view, and keeps what it answered as bytes: what they say they are is only told, never believed. */

import { PrimatomicError } from "@primatomic/client";
import { useQuery } from "@tanstack/react-query";
import { api } from "../../api/client";
import { type Content, content } from "../../design/bytes";
import { type Question, queryText } from "./question";

export interface Answer {
  content: Content;
  contentType: string;
  /** The event after which the view was asked. */
  sequence: number;
  /** From asking to the last byte. */
  seconds: number;
}

async function ask(log: string, view: string, question: Question, signal: AbortSignal): Promise<Answer> {
  const started = performance.now();
  const { data, error, response } = await api.POST("/logs/{log}/views/{view}/query", {
    params: { path: { log, view } },
    // Parameters of the view are none of the document's, and may come more than once.
    querySerializer: () => queryText(question),
    body: question.body,
    bodySerializer: (body: unknown) => body as BodyInit,
    headers: question.body === undefined ? {} : { "Content-Type": "application/octet-stream" },
    parseAs: "arrayBuffer",
    signal,
  });
  if (!response.ok) throw new PrimatomicError(response.status, error, response.headers.get("Request-Id") ?? undefined);
  return {
    // An answer without bytes has no data at all.
    content: content(new Uint8Array(data ?? new ArrayBuffer(0))),
    contentType: response.headers.get("Content-Type") ?? "",
    sequence: Number(response.headers.get("Primatomic-Sequence")),
    seconds: (performance.now() - started) / 1000,
  };
}

/** The answer to a question; it stays until it is asked again. */
export function useAnswer(log: string, view: string, question: Question | undefined) {
  return useQuery({
    queryKey: answerKey(log, view, question),
    queryFn: ({ signal }) => ask(log, view, question ?? {}, signal),
    enabled: question !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    structuralSharing: false,
  });
}

export const answerKey = (log: string, view: string, question?: Question) => ["answer", log, view, question] as const;
