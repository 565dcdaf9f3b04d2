/** Bytes as rows of hexadecimal numbers with the characters that they may be. */

const hex = (byte: number) => byte.toString(16).padStart(2, "0");
const character = (byte: number) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·");

/** The rows from a byte to another, such as `00000010  68 65 6c 6c 6f   hello`. */
export function hexRows(bytes: Uint8Array, from: number, to: number, width: number): string {
  const rows: string[] = [];
  for (let at = from; at < Math.min(to, bytes.length); at += width) {
    const row = bytes.subarray(at, Math.min(at + width, bytes.length));
    const numbers = Array.from(row, hex);
    const groups: string[] = [];
    for (let group = 0; group < width; group += 8) groups.push(numbers.slice(group, group + 8).join(" ").padEnd(23));
    rows.push(`${at.toString(16).padStart(8, "0")}  ${groups.join("  ")}  ${Array.from(row, character).join("")}`);
  }
  return rows.join("\n");
}
