const MAX_BYTES = 240;
/** What git itself refuses in a ref, besides the rules on parts below. Control characters and space included. */
const FORBIDDEN = new Set(['~', '^', ':', '?', '*', '[', '\\', '\u007f']);

/**
 * Whether git takes this as the name of a branch, and we do too: a leading dash is left out because it would read as an
 * option. Names that fail are treated as branches that do not exist.
 */
export function isBranchName(name: string): boolean {
  if (name === '' || name === '@' || Buffer.byteLength(name) > MAX_BYTES || name.startsWith('-')) {
    return false;
  }
  for (const character of name) {
    if (character <= ' ' || FORBIDDEN.has(character)) {
      return false;
    }
  }
  if (name.includes('..') || name.includes('@{') || name.endsWith('.')) {
    return false;
  }
  return name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}

/** Whether this is the full SHA-1 of an object. */
export function isSha(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}
