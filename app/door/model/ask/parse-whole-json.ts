/** The JSON that a text consists of, in a code fence or not; undefined for prose, with JSON inside or without. */
export function parseWholeJson(text: string): unknown {
  const fenced = /^\s*```(?:json)?\s*\n([\s\S]*)\n\s*```\s*$/.exec(text);
  try {
    return JSON.parse(fenced?.[1] ?? text);
  } catch {
    return undefined;
  }
}
