import { untilStable } from './until-stable.ts';

const MAX_LENGTH = 72;

/** Words in brackets that make GitHub or another service skip its checks: `[skip ci]`, `[no-ci]`, `[azp skip]`. */
const SKIP_IN_BRACKETS = /\[[^[\]]*?(?:\bskip|skip\b|\bno[ _-]?ci\b)[^[\]]*\]/gi;
const SKIP_WORDS = /\*\*\*\s*no_ci\s*\*\*\*|\bskip-checks\s*:\s*true\b/gi;
const ADDRESS = /(?:https?|ftp|ssh|git):\/\/\S+|\bwww\.\S+/gi;
const TRAILER = /^[A-Za-z][A-Za-z-]*-by\s*:/i;

/**
 * The first line of an agent's commit message as it may stand in ours: one line, nothing that closes or links issues,
 * mentions people, skips checks or reads as a trailer. Empty when nothing is left. Each rule may make work for another,
 * so they are applied until none of them finds anything.
 */
export function cleanSubject(subject: string): string {
  const visible = subject
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/[\p{Cf}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu, '');
  const harmless = untilStable(visible, applyRules);
  return TRAILER.test(harmless) ? '' : shorten(harmless);
}

function applyRules(text: string): string {
  return (
    text
      .replaceAll(/\s+/g, ' ')
      .replaceAll(SKIP_IN_BRACKETS, '')
      .replaceAll(SKIP_WORDS, '')
      .replaceAll(ADDRESS, '')
      // Mentions of people, and references to issues of this or another repository.
      .replaceAll('@', '')
      .replaceAll(/#(?=\d)/g, '')
      .replaceAll(/\bGH-(?=\d)/gi, '')
      .trim()
  );
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
