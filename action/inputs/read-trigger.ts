const WORD = /^[/@][a-z0-9][a-z0-9-]{0,38}$/i;

export type ReadTrigger =
  | { readonly ok: true; /** Null leaves it to the repository's file. */ readonly prefix: string | null }
  | { readonly ok: false };

/** What `trigger_phrase` says when nobody sets it. */
export const DEFAULT_PHRASE = '/implement';

/**
 * The prefix of commands that a trigger phrase stands for: a phrase is a prefix and the command `implement`. All commands
 * go through the one parser, so another phrase changes the prefix of all of them.
 */
export function readTrigger(phrase: string): ReadTrigger {
  const words = phrase.trim().split(/\s+/);
  if (words.length === 1 && words[0]?.toLowerCase() === DEFAULT_PHRASE) {
    return { ok: true, prefix: null };
  }
  const [first = '', second = ''] = words;
  return words.length === 2 && WORD.test(first) && second.toLowerCase() === 'implement'
    ? { ok: true, prefix: `${first} ` }
    : { ok: false };
}
