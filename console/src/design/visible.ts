/** Characters that would not be seen, or that would turn what stands around them, made visible. */

// Controls of C1, soft hyphen, marks that join, break, reverse or isolate, the byte order mark, tags of language.
const UNSEEN = /[\u0080-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;
// Line ends and tabs are seen as what they are.
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

const code = (character: string) => (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");

/** A text of many lines: controls as their pictures, what else is unseen by its number. */
export function visible(text: string): string {
  return text
    .replace(CONTROLS, (control) => (control === "\u007f" ? "\u2421" : String.fromCharCode(0x2400 + control.charCodeAt(0))))
    .replace(UNSEEN, (unseen) => `[U+${code(unseen)}]`);
}

/** The same for a text in one line, such as a message. */
export const visibleLine = (text: string) => visible(text).replaceAll("\n", "\u2424").replaceAll("\t", "\u2409");

/** A string as JSON has it, with all that is unseen escaped. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(UNSEEN, (unseen) =>
    Array.from({ length: unseen.length }, (_, at) => `\\u${unseen.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
}
