/**
 * The client of Primatomic.
 *
 * `generated.ts` is written from openapi/openapi.json by `make clients` and has every operation.
 * What stands beside it is about sending: again when the server is busy, in batches, as a stream.
 */

export { unwrap } from "./call.js";
export { Primatomic } from "./client.js";
export type { Options } from "./client.js";
export { PrimatomicError } from "./error.js";
export { LogEvent, packed, toBytes } from "./event.js";
export type { EventInput } from "./event.js";
export { Log } from "./log.js";
export type { AppendOptions, EventRange } from "./log.js";
export { retrying } from "./retry.js";
export { QueryAnswer, View } from "./view.js";
export type { QueryOptions } from "./view.js";
export type { components, operations, paths } from "./generated.js";
