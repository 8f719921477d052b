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
  'ᅟ',
  'ᅠ',
  '឴',
  '឵',
  '᠋',
  '᠌',
  '᠍',
  '‌',
  '‎',
  '‏',
  '‪',
  '‫',
  '‬',
  '‭',
  '⁡',
  '⁢',
  '⁤',
  '⁥',
  '⁧',
  '⁨',
  '⁩',
  '⁪',
  '⁯',
  '︀',
  '￰',
  '￺',
  '￻',
  '𛲠',
  '𝅳',
  '𝅺',
  '󠀁',
  '󠀠',
  '󠁿',
  '󠄀',
  '󠇯',
  '󰀀',
  '􏿽',
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
