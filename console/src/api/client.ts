/** The server, through the published client. The session is in a cookie that goes along by itself. */

import { Primatomic } from "@primatomic/client";
import type { components } from "@primatomic/client";
import createQueries from "openapi-react-query";

export const primatomic = new Primatomic({ url: window.location.origin, retries: 2 });
export const api = primatomic.api;
export const queries = createQueries(api);

export type Schemas = components["schemas"];
