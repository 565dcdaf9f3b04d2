/** Names of files and of views. */

/** A view's name from a file's: `order_totals.wasm` is a component of `order-totals`. */
export function nameOf(file: string): string {
  return file
    .replace(/\.wasm$/i, "")
    .replace(/_/g, "-")
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 128);
}
