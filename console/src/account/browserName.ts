/** What opened a session, from what it said of itself: `Chrome on Linux`. */

const BROWSERS: [RegExp, string][] = [
  [/primatomic/i, "Command line"],
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrom(e|ium)\//, "Chrome"],
  [/Safari\//, "Safari"],
];

const SYSTEMS: [RegExp, string][] = [
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Mac OS X/, "macOS"],
  [/Windows/, "Windows"],
  [/Linux/, "Linux"],
];

const first = (of: [RegExp, string][], text: string) => of.find(([pattern]) => pattern.test(text))?.[1];

export function browserName(userAgent: string | null | undefined): string {
  if (!userAgent) return "Unknown";
  const browser = first(BROWSERS, userAgent);
  const system = first(SYSTEMS, userAgent);
  if (!browser) return userAgent.slice(0, 60);
  return system ? `${browser} on ${system}` : browser;
}
