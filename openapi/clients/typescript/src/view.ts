/** A view: deploying and asking it. */

import type { Client } from "openapi-fetch";

import { binary, failure, unwrap } from "./call.js";
import { PrimatomicError } from "./error.js";
import { type EventInput, toBytes } from "./event.js";
import type { components, paths } from "./generated.js";
import { sleep } from "./retry.js";

export interface QueryOptions {
  /** Answer from a state that holds at least this sequence. */
  after?: number;
  timeoutMs?: number;
  /** The number of a version; the live one if nothing is said. */
  version?: number;
  /** For the view. */
  parameters?: Record<string, string>;
  /** For the view: the body. */
  input?: EventInput;
  signal?: AbortSignal;
}

/** A view's answer, and the sequence that it reflects. */
export class QueryAnswer {
  constructor(
    readonly sequence: number,
    readonly contentType: string,
    readonly bytes: Uint8Array,
  ) {}

  text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T;
  }
}

export class View {
  constructor(
    private readonly api: Client<paths>,
    readonly log: string,
    readonly name: string,
  ) {}

  private get path() {
    return { log: this.log, view: this.name };
  }

  async get(): Promise<components["schemas"]["View"]> {
    return unwrap(this.api.GET("/logs/{log}/views/{view}", { params: { path: this.path } }));
  }

  /** Asks the view. */
  async query(options: QueryOptions = {}): Promise<QueryAnswer> {
    const { after, version, timeoutMs: timeout_ms, parameters, input, signal } = options;
    const { data, error, response } = await this.api.POST("/logs/{log}/views/{view}/query", {
      params: { path: this.path, query: { after, version, timeout_ms, ...parameters } },
      ...binary(input === undefined ? undefined : toBytes(input), "application/octet-stream"),
      parseAs: "arrayBuffer",
      signal,
    });
    if (!response.ok) throw failure(response, error);
    const sequence = Number(response.headers.get("Primatomic-Sequence"));
    const contentType = response.headers.get("Content-Type") ?? "application/octet-stream";
    return new QueryAnswer(sequence, contentType, new Uint8Array(data ?? []));
  }

  /** Uploads a component as a new version and waits until it is live; returns its number. */
  async deploy(
    component: Uint8Array,
    options: { contentType?: string; config?: string; signal?: AbortSignal } = {},
  ): Promise<number> {
    const { contentType: content_type, config, signal } = options;
    const { version } = await unwrap(
      this.api.POST("/logs/{log}/views/{view}", {
        params: { path: this.path, query: { content_type, config } },
        ...binary(toBytes(component), "application/wasm"),
        signal,
      }),
    );
    for (;;) {
      const versions = (await this.get()).versions;
      const found = versions.find((it) => it.version === version);
      if (found?.state === "failed") {
        const error = found.failure?.message ?? "the version failed";
        throw new PrimatomicError(409, { error, code: "view_failed" });
      }
      if (found?.state !== "building") return version;
      await sleep(200, signal);
    }
  }
}
