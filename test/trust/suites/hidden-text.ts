import { visibleText } from '../../../app/text/visible-text.ts';
import { HIDDEN, HIDING_MARKDOWN, INKLESS } from '../../text/hidden-channels.ts';
import type { Suite } from '../suite.ts';
import { ordinaryIssues } from '../text/ordinary-issues.ts';

const AROUND: readonly ((hidden: string) => string)[] = [
  (hidden) => hidden,
  (hidden) => `Before.\n\n${hidden}\n\nAfter.`,
  (hidden) => `- Before\n\n  ${hidden.replaceAll('\n', '\n  ')}\n`,
  (hidden) => `> Before\n>\n> ${hidden.replaceAll('\n', '\n> ')}\n`,
  (hidden) => `# Before\n\n${hidden}\n\n## After\n`,
];

/** More characters that show nothing: they split words, so that no filter finds them, or carry words of their own. */
const MORE_INKLESS: readonly string[] = [
  ...[
    '\u115f',
    '\u1160',
    '\u17b4',
    '\u17b5',
    '\u180b',
    '\u180c',
    '\u180d',
    '\u200c',
    '\u200e',
    '\u200f',
    '\u202a',
    '\u202b',
    '\u202c',
    '\u202d',
  ],
  ...[
    '\u2061',
    '\u2062',
    '\u2064',
    '\u2065',
    '\u2067',
    '\u2068',
    '\u2069',
    '\u206a',
    '\u206f',
    '\ufe00',
    '\ufff0',
    '\ufffa',
    '\ufffb',
  ],
  ...[
    '\u{1bca0}',
    '\u{1d173}',
    '\u{1d17a}',
    '\u{e0001}',
    '\u{e0020}',
    '\u{e007f}',
    '\u{e0100}',
    '\u{e01ef}',
    '\u{f0000}',
    '\u{10fffd}',
  ],
];

/** Of what a reader sees. */
const LEAST_KEPT = 0.995;
const ISSUES = { sample: 40, whole: 500 } as const;

export const hiddenText: Suite = {
  name: 'hidden text',
  claim: 'What a reader of the page does not see does not reach the prompt, and what ordinary issues say does',
  async run(size) {
    const bypasses: string[] = [];
    const texts = HIDING_MARKDOWN.flatMap(([, channel]) => AROUND.map((around) => around(channel)));
    for (const text of texts) {
      if (visibleText(text).text.toLowerCase().includes(HIDDEN)) {
        bypasses.push(JSON.stringify(text));
      }
    }
    const inkless = [...INKLESS.map(([, character]) => character), ...MORE_INKLESS];
    for (const character of inkless) {
      const { text } = visibleText(`ig${character}nore`);
      if (text !== 'ignore') {
        bypasses.push(`${JSON.stringify(character)} stays in ${JSON.stringify(text)}`);
      }
    }
    const issues = ordinaryIssues(ISSUES[size]);
    for (const { language, markdown, seen } of issues) {
      const { text } = visibleText(markdown);
      const lost = seen.filter((part) => !text.includes(part));
      const length = (parts: readonly string[]): number => parts.reduce((sum, part) => sum + part.length, 0);
      if (1 - length(lost) / length(seen) < LEAST_KEPT) {
        bypasses.push(`an issue in ${language} loses ${JSON.stringify(lost)}`);
      }
    }
    return { tries: texts.length + inkless.length + issues.length, bypasses };
  },
};
