import { expect, test } from 'vitest';
import { printable } from '../../app/command/printable.ts';
import { checkTools } from '../../app/door/model/anthropic/check-tools.ts';
import { refusePush } from '../../app/git/serve/refuse-push.ts';
import { problemOf } from '../../app/github/request/problem.ts';
import { codeSpan, fence, oneLine, plainLine } from '../../app/report/render/escape-text.ts';
import { readFields } from '../../app/telemetry/read-fields.ts';
import { fenceData } from '../../app/text/fence.ts';
import { visibleText } from '../../app/text/visible-text.ts';

const PUSH = { commands: [{ oldSha: 'a', newSha: 'b', ref: 'refs/heads/x' }], capabilities: [] };

/** Everything that shortens text of others before it goes into JSON, GitHub, PostgreSQL or a prompt. */
const SHORTENERS: readonly [string, (text: string) => unknown][] = [
  ['a command', printable],
  ['a code span', (text) => codeSpan(text, 60)],
  ['a line of prose', (text) => plainLine(text, 60)],
  ['a fence', (text) => fence(text, 60)],
  ['a line', (text) => oneLine(text, 60)],
  ['a label in the prompt', (text) => fenceData('', { label: text, authorId: null, authorLogin: text })],
  ['a text for the prompt', (text) => visibleText(text).text],
  ['a refused push', (text) => refusePush(PUSH as never, text).toString()],
  ['a refused tool', (text) => checkTools([{ type: text, name: text }])],
  ['an answer of GitHub', (text) => problemOf({ status: 422, headers: {}, data: { message: text } }, new Date(0))],
  ['a field of the log', (text) => readFields({ text, of: new Error(text) }, (whole) => whole)],
];

test.each(SHORTENERS)('%s never ends in half of a character, wherever it is cut', (_what, shorten) => {
  for (const before of ['', 'a']) {
    const shown = JSON.stringify(shorten(before + '😀'.repeat(40_000)));
    expect(shown).toContain('😀');
    expect(shown).not.toMatch(/\\ud[89a-f]|\ufffd/i);
  }
});
