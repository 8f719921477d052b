const MAX_VALUES = 400_000;
const MAX_DEPTH = 200;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Counts the values and the depth of a JSON document while its bytes arrive, without building anything. Syntax is
 * left to the parser, which then works within these bounds.
 */
export function createJsonMeter(): { push(bytes: Uint8Array): 'fits' | 'too_many_values' | 'too_deep' } {
  let values = 1;
  let depth = 0;
  let inString = false;
  let escaped = false;

  return {
    push(bytes) {
      for (let at = 0; at < bytes.length; at += 1) {
        const byte = bytes[at];
        if (inString) {
          if (escaped) {
            escaped = false;
          } else if (byte === BACKSLASH) {
            escaped = true;
          } else if (byte === QUOTE) {
            inString = false;
          }
        } else if (byte === QUOTE) {
          inString = true;
        } else if (byte === COMMA) {
          values += 1;
        } else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
          values += 1;
          depth += 1;
          if (depth > MAX_DEPTH) {
            return 'too_deep';
          }
        } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) {
          depth -= 1;
        }
      }
      return values <= MAX_VALUES ? 'fits' : 'too_many_values';
    },
  };
}
