import { untilStable } from '../commits/until-stable.ts';

const SKIP_IN_BRACKETS = /\[([^[\]\n]*?(?:\bskip|skip\b|\bno[ _-]?ci\b)[^[\]\n]*)\]/gi;

/**
 * Text of an agent for the description of a pull request, which GitHub may take as the message of a squash commit: words
 * that skip checks and trailers such as `Signed-off-by:` stay readable and stop working.
 */
export function defuseDirectives(text: string): string {
  return untilStable(text, (current) => current.replaceAll(SKIP_IN_BRACKETS, '($1)'))
    .replaceAll(/\*\*\*\s*(no_ci)\s*\*\*\*/gi, '$1')
    .replaceAll(/\b(skip-checks)[ \t]*:(?=[ \t]*true\b)/gi, '$1')
    .replaceAll(/^([^\S\n]*(?:[>*+-][^\S\n]*)*[A-Za-z][A-Za-z-]*-by)[^\S\n]*:/gim, '$1');
}
