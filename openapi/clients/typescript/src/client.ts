/** The client itself: where the server is, and as whom to ask it. */

import createClient, { type Client } from "openapi-fetch";

import { unwrap } from "./call.js";
import type { components, paths } from "./generated.js";
import { Log } from "./log.js";
import { retrying } from "./retry.js";

export interface Options {
  /** Such as `https://primatomic.example`. */
  url: string;
  /** An API key or an access token, or what gets one. */
  token?: string | (() => string | Promise<string>);
  /** How often one request is sent again; 8 if nothing is said. */
  retries?: number;
  fetch?: (request: Request) => Promise<Response>;
}

/** One server, as one caller. */
export class Primatomic {
  /** The generated operations, with authentication and retries: `api.GET("/logs")`. */
  readonly api: Client<paths>;

  constructor(options: Options) {
    const inner = options.fetch ?? ((request: Request) => fetch(request));
    this.api = createClient<paths>({
      baseUrl: options.url.replace(/\/+$/, ""),
      fetch: retrying(inner, options.retries ?? 8),
    });
    const { token } = options;
    if (token !== undefined) {
      this.api.use({
        async onRequest({ request }) {
          const value = typeof token === "string" ? token : await token();
          request.headers.set("Authorization", `Bearer ${value.trim()}`);
          return request;
        },
      });
    }
  }

  /** A log by its name or id; nothing is sent yet. */
  log(log: string): Log {
    return new Log(this.api, log);
  }

  async createLog(name: string, options: Omit<components["schemas"]["CreateLogBody"], "name"> = {}): Promise<Log> {
    await unwrap(this.api.POST("/logs", { body: { name, ...options } }));
    return this.log(name);
  }
}
