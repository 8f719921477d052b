import { stripControls } from '../strip-controls.ts';
import { isMeaningful } from './meaningful-invisibles.ts';
import type { RemovalCount } from './removal.ts';

/**
 * What takes no ink: format and control characters, default ignorables (tags, variation selectors, fillers), private use
 * beyond the first plane, unassigned code points and halves of surrogates, and two blanks that fonts draw as letters.
 * Format characters that do take ink, such as the Arabic number sign, are left.
 */
const INVISIBLE =
  /(?:(?![\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u{110bd}\u{110cd}])[\p{Cf}\p{Cs}\p{Cn}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{1d173}-\u{1d17a}\u{f0000}-\u{10ffff}])+/gu;
/** Blanks of every width but the wide one of East Asian texts, and separators that break lines in some programs only. */
const BLANKS = /(?!\u3000)[\p{Zs}]/gu;
const LINE_BREAKS = /[\u2028\u2029]/g;

/** The text with nothing hidden in it: NFC, `\n` as line end, plain blanks. The same for a text that is plain already. */
export function plainCharacters(text: string, removed?: RemovalCount): string {
  const visible = printableText(text, removed)
    .replaceAll(LINE_BREAKS, '\n')
    .replaceAll(INVISIBLE, (run, at: number, whole: string) => {
      if (isMeaningful(run, { at, whole })) {
        return run;
      }
      // A byte order mark at the very start comes from a program; nobody hides anything with it.
      if (run !== '\ufeff' || at > 0) {
        removed?.add('invisible_character');
      }
      return '';
    })
    .replaceAll(BLANKS, ' ');
  return visible.normalize('NFC');
}

/** What code may hold that a reader does not see, and that may be what the issue is about. */
const MARKABLE = /^[\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u206f\ufeff]$/;
const MOST_MARKS = 200;

/** Code with each invisible character and each odd blank replaced by a mark such as `<U+200B>`. */
export function markedCode(code: string, removed: RemovalCount, marks: { count: number }): string {
  function mark(char: string): string {
    marks.count += 1;
    return `<U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;
  }
  return code
    .replaceAll(INVISIBLE, (run, at: number, whole: string) => {
      if (isMeaningful(run, { at, whole })) {
        return run;
      }
      return [...run]
        .map((char) => {
          if (MARKABLE.test(char) && marks.count < MOST_MARKS) {
            return mark(char);
          }
          removed.add('invisible_character');
          return '';
        })
        .join('');
    })
    .replaceAll(/(?![ \u3000])[\p{Zs}\u2028\u2029]/gu, (char) => (marks.count < MOST_MARKS ? mark(char) : ' '))
    .normalize('NFC');
}

/** Whether a text holds anything that `markedCode` would mark. */
export function hasMarkable(text: string): boolean {
  return /[\p{Cf}\p{Default_Ignorable_Code_Point}\u2028\u2029]|(?![ \u3000])\p{Zs}/u.test(text);
}

/** Line ends as `\n`, and no control characters. */
export function printableText(text: string, removed?: RemovalCount): string {
  const printable = stripControls(text);
  if (printable.length !== text.replaceAll('\r\n', '\n').length) {
    removed?.add('control_character');
  }
  return printable;
}
