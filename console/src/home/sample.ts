/**
 * The view that newcomers deploy: what `primatomic view example counter` writes, of the world 0.0.1, which
 * every version takes. It is fetched when it is deployed.
 */

import url from "../assets/counter.wasm?url";

export const SAMPLE_VIEW = "counter";
export const SAMPLE_LOG = "first-log";
export const SAMPLE_EVENT = '{"inc":10}';

export const sampleUrl = () => new URL(url, window.location.origin).href;

export async function sample(): Promise<Uint8Array<ArrayBuffer>> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error("The sample could not be fetched. Reload the page, and try again.");
  return new Uint8Array(await answer.arrayBuffer());
}
