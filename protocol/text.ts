/** The first `length` UTF-16 units of a text at most, never half of a character. */
export function takeStart(text: string, length: number): string {
  const cut = text.length <= length ? text : text.slice(0, endsInside(text, length) ? length - 1 : length);
  return cut.toWellFormed();
}

/** The last `length` UTF-16 units of a text at most, never half of a character. */
export function takeEnd(text: string, length: number): string {
  const start = Math.max(0, text.length - length);
  return text.slice(start > 0 && endsInside(text, start) ? start + 1 : start).toWellFormed();
}

/** The text in parts of at most `length` UTF-16 units, none of which ends inside a character. */
export function splitText(text: string, length: number): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; at += parts.at(-1)?.length ?? length) {
    parts.push(takeStart(text.slice(at), length));
  }
  return parts;
}

/**
 * JSON as `JSON.stringify` writes it, with every lone surrogate replaced. It writes those, and only those, as an escape;
 * model providers refuse a request that has one.
 */
export function wellFormedJson(json: string): string {
  return json.includes('\\ud') ? json.replace(/\\(?:\\|ud[89a-f][0-9a-f]{2})/g, replaceEscape) : json;
}

function replaceEscape(escape: string): string {
  return escape === '\\\\' ? escape : '\ufffd';
}

/** Whether the unit at `at` is the second half of a pair. */
function endsInside(text: string, at: number): boolean {
  return (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

/**
 * Text that PostgreSQL, JSON, the arguments of git and GitHub can all carry: without NUL and other control characters
 * but tab and line ends, and without half surrogates. Applied where text comes in, so that every later copy, and the
 * hash of what was approved, is of the same text.
 */
export function storableText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what this is about
  return text.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').toWellFormed();
}
