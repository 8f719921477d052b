/** What a single pass over JSON bytes finds before anything is parsed. */
export type JsonScan =
  | { readonly ok: true; readonly keys: ReadonlySet<string> }
  | { readonly ok: false; readonly why: 'not_an_object' | 'too_deep' };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COLON = 0x3a;

/**
 * Finds how deep a document nests and which keys its top level has, without building it: `JSON.parse` of 25 MB of
 * brackets blocks the event loop for seconds. Linear, no recursion. Syntax errors are left to the parser.
 */
export function scanJson(bytes: Uint8Array, options: { maxDepth: number }): JsonScan {
  const keys = new Set<string>();
  let depth = 0;
  let lastString: { start: number; end: number } | null = null;
  for (let at = 0; at < bytes.length; at += 1) {
    switch (bytes[at]) {
      case QUOTE: {
        const end = endOfString(bytes, at + 1);
        if (depth === 1) {
          lastString = { start: at + 1, end };
        }
        at = end;
        break;
      }
      case COLON:
        if (depth === 1 && lastString !== null) {
          keys.add(
            Buffer.from(
              bytes.buffer,
              bytes.byteOffset + lastString.start,
              lastString.end - lastString.start,
            ).toString(),
          );
          lastString = null;
        }
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        if (depth === 0 && bytes[at] === OPEN_BRACKET) {
          return { ok: false, why: 'not_an_object' };
        }
        depth += 1;
        if (depth > options.maxDepth) {
          return { ok: false, why: 'too_deep' };
        }
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1;
        break;
      default:
    }
  }
  return keys.size === 0 ? { ok: false, why: 'not_an_object' } : { ok: true, keys };
}

/** Index of the closing quote of a string whose first character is at `from`. */
function endOfString(bytes: Uint8Array, from: number): number {
  let end = bytes.indexOf(QUOTE, from);
  while (end !== -1 && isEscaped(bytes, { from, at: end })) {
    end = bytes.indexOf(QUOTE, end + 1);
  }
  return end === -1 ? bytes.length : end;
}

function isEscaped(bytes: Uint8Array, quote: { from: number; at: number }): boolean {
  let backslashes = 0;
  while (quote.at - 1 - backslashes >= quote.from && bytes[quote.at - 1 - backslashes] === BACKSLASH) {
    backslashes += 1;
  }
  return backslashes % 2 === 1;
}
