/** A text that somebody else wrote: it can't turn what stands around it, and what is invisible in it is shown. */

const INVISIBLE = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Control characters and marks of direction as `\u{202e}`. */
export const visible = (text: string) =>
  text.replace(INVISIBLE, (character) => `\\u{${character.charCodeAt(0).toString(16)}}`);

export function Text({ children }: { children: string }) {
  return <bdi>{visible(children)}</bdi>;
}
