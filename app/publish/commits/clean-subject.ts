const MAX_LENGTH = 72;

/** Words that make GitHub or other services skip their checks, or claim to. */
const SKIP_WORDS =
  /\[(?:skip[ -](?:ci|actions|checks)|(?:ci|actions|checks)[ -]skip|no[ -]?ci)\]|\*\*\*no_ci\*\*\*|skip-checks:\s*true/gi;
const ADDRESS = /\b(?:https?|ftp|ssh|git):\/\/\S+|\bwww\.\S+/gi;
const TRAILER = /^[A-Za-z][A-Za-z-]*-by:/i;

/**
 * The first line of an agent's commit message as it may stand in ours: one line, nothing that closes or links issues,
 * names people, skips checks or reads as a trailer. Empty when nothing is left.
 */
export function cleanSubject(subject: string): string {
  const visible = subject
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/[\p{Cf}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu, '');
  const harmless = removeRepeatedly(visible, SKIP_WORDS)
    .replaceAll(ADDRESS, '')
    // Mentions of people, and references to issues of this or another repository.
    .replaceAll('@', '')
    .replaceAll(/#(?=\d)/g, '')
    .replaceAll(/\bGH-(?=\d)/gi, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return TRAILER.test(harmless) ? '' : shorten(harmless);
}

/** Taking a word out can join the halves of another. */
function removeRepeatedly(text: string, pattern: RegExp): string {
  let before: string;
  let after = text;
  do {
    before = after;
    after = before.replaceAll(pattern, '');
  } while (after !== before);
  return after;
}

function shorten(text: string): string {
  const characters = [...text];
  return characters.length <= MAX_LENGTH
    ? text
    : `${characters
        .slice(0, MAX_LENGTH - 1)
        .join('')
        .trimEnd()}…`;
}
