/**
 * JSON in one line, without the marks that only a machine needs: `type api.call tokens_in 150`. What is
 * no JSON stays as it is. Only a beginning is looked at, so a long event costs no more than a short one.
 */

import { visibleLine } from "../../design/visible";
import type { Row } from "./row";

export interface Token {
  kind: "key" | "string" | "value" | "mark" | "plain";
  text: string;
}

const PART = /\s+|"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s"{}[\],:]+/gy;
const COLON = /\s*:/y;
/** What can stand without quotes and be told from its neighbours. */
const SIMPLE = /^[\p{L}\p{N}_./:@+-]+$/u;

export function tokens(row: Row): Token[] {
  const { preview, isText, isCut } = row;
  if (!isText) return [{ kind: "mark", text: isCut ? `${preview} …` : preview }];
  if (preview === "") return [{ kind: "mark", text: "no bytes" }];
  if (!/^\s*[[{]/.test(preview) || (!isCut && !isJson(preview))) return [plain(preview, isCut)];
  const found = parts(preview);
  if (isCut) found.push({ kind: "mark", text: "…" });
  return found.length > 0 ? found : [plain(preview, isCut)];
}

const plain = (text: string, isCut: boolean): Token => ({ kind: "plain", text: visibleLine(text) + (isCut ? "…" : "") });

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function parts(text: string): Token[] {
  const found: Token[] = [];
  let depth = 0;
  PART.lastIndex = 0;
  for (let match = PART.exec(text); match; match = PART.exec(text)) {
    const part = match[0];
    if (part === "{" || part === "[") {
      depth += 1;
      if (depth > 1 || part === "[") found.push({ kind: "mark", text: part });
    } else if (part === "}" || part === "]") {
      depth -= 1;
      if (depth > 0 || part === "]") found.push({ kind: "mark", text: part });
    } else if (part.startsWith('"')) {
      COLON.lastIndex = PART.lastIndex;
      found.push({ kind: COLON.test(text) ? "key" : "string", text: unquoted(part) });
    } else if (!/^[\s,:]/.test(part)) {
      found.push({ kind: "value", text: visibleLine(part) });
    }
  }
  return found;
}

function unquoted(part: string): string {
  const inner = part.slice(1, -1);
  return SIMPLE.test(inner) ? inner : visibleLine(part);
}
