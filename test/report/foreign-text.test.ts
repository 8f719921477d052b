import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import { WorkerResult } from '../../protocol/index.ts';
import { MAX_SUMMARY_LENGTH, renderPull } from '../../app/publish/pull/render-pull.ts';
import { renderCheckRun } from '../../app/report/render-check-run.ts';
import { renderComment } from '../../app/report/render-comment.ts';
import type { RenderOptions } from '../../app/report/report-facts.ts';
import { cleanOutput } from '../../app/text/clean-output.ts';
import { sampleTask } from '../contract/stores/store-harness.ts';
import { makeEnded, makeLive, makeOutcome, makeWait, OPTIONS, PUBLISHED } from './make-facts.ts';

const KEY = { name: '01TASK', key: new Uint8Array(32).fill(7) };

const MARKER = '<!-- bosun:01TASK:key -->';
const RENDER: RenderOptions = {
  ...OPTIONS,
  clean: (markdown, shape) => cleanOutput(markdown, { ...shape, serverUrl: OPTIONS.serverUrl }),
};

/** Every place on GitHub where a summary or a question of an agent is shown. */
const PLACES: readonly [string, (text: string) => string][] = [
  [
    'the comment of a published task',
    (text) =>
      renderComment(makeEnded({ publication: PUBLISHED, outcome: makeOutcome({ summary: text }) }), {
        ...RENDER,
        marker: MARKER,
      }),
  ],
  [
    'the comment of a task without changes',
    (text) =>
      renderComment(makeEnded({ outcome: makeOutcome({ kind: 'no_changes', summary: text }) }), {
        ...RENDER,
        marker: MARKER,
      }),
  ],
  [
    'the comment with questions',
    (text) =>
      renderComment(
        makeLive({
          state: 'SUBMITTED',
          wait: makeWait({ reason: 'human' }),
          outcome: makeOutcome({ questions: [text, text, 'Last?'] }),
        }),
        { ...RENDER, marker: MARKER },
      ),
  ],
  [
    'the check run',
    (text) => {
      const facts = makeEnded({ publication: PUBLISHED, outcome: makeOutcome({ summary: text }) });
      return renderCheckRun(facts, RENDER).summary;
    },
  ],
  [
    'the pull request',
    (text) => {
      const task = { ...sampleTask('01TASK', { number: 3 }), spentNano: 420_000_000 };
      const cleaned = cleanOutput(text, { serverUrl: OPTIONS.serverUrl, maxLength: MAX_SUMMARY_LENGTH });
      const words = { task: task as never, result: WorkerResult.parse({ ending: 'done', turns: 7 }), marker: KEY };
      return renderPull({
        ...words,
        summary: cleaned,
        newerText: false,
        checks: [],
        template: '## Summary\n\n- [ ] Tested\n\nCloses #',
      }).body;
    },
  ],
];

/** How many of each element a page has outside of code: what an agent wrote must not change it. */
function structureOf(markdown: string): Record<string, number> {
  const html = micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
  const prose = html.replaceAll(/<code[^>]*>[\s\S]*?<\/code>/g, '');
  const count = (pattern: RegExp): number => prose.match(pattern)?.length ?? 0;
  return {
    links: count(/<a\s/g),
    images: count(/<img/g),
    details: count(/<details>/g) - count(/<\/details>/g),
    sections: count(/<details>/g),
    tables: count(/<table>/g),
    markers: count(/<!-- bosun/g),
    mentions: count(/@[a-z]/g),
    closing: count(/Closes #\d/g),
    references: count(/#\d/g),
  };
}

const HARM = '![s](https://evil.test/00.png) @root other/repo#12 closes #9 <details> <!-- bosun:01TASK:key -->';

/** Where the text is cut in each place. */
const LIMITS: Readonly<Record<string, readonly number[]>> = {
  'the comment with questions': [2_000],
  'the pull request': [20_000],
};

describe.each(PLACES)('%s', (place, render) => {
  const expected = structureOf(render('Harmless.'));

  test.each([
    ['a code span around every cut', (length: number) => `${'w'.repeat(length)} \`${HARM} ${'v'.repeat(300)}\` end`],
    ['an open fence', () => `ok\n\`\`\`js\n${HARM}`],
    ['open tildes', () => `ok\n~~~\n${HARM}`],
    ['an open fence in a list', () => `- ok\n  ~~~~\n  ${HARM}`],
    ['an open element', () => `ok\n<details><pre>\n${HARM}`],
    ['indented code', () => `ok\n\n\t${HARM}`],
    ['a definition', () => `[!WARNING]: https://evil.test\n\n[!WARNING] ${HARM}`],
    ['a table', () => `| a |\n|-|\n| ${HARM}`],
    ['an open comment', () => `ok <!-- ${HARM}`],
  ])('is unharmed by %s', { timeout: 60_000 }, (_what, make) => {
    for (const limit of LIMITS[place] ?? [6_000]) {
      for (let length = limit - 330; length < limit + 10; length += 110) {
        const { tables, ...rest } = structureOf(render(make(length)));
        const { tables: least, ...others } = expected;
        expect({ ...rest, length }).toEqual({ ...others, length });
        expect(tables).toBeGreaterThanOrEqual(least ?? 0);
      }
    }
  });
});
