import { describe, expect, test } from 'vitest';
import { WorkerResult } from '../../../protocol/index.ts';
import { renderPull, type PullWords } from '../../../app/publish/pull/render-pull.ts';
import { ShownPull } from '../../../app/task/shown-facts.ts';
import { sampleTask } from '../../contract/stores/store-harness.ts';
import { createMarker, readFacts, sealFacts } from '../../../app/text/marker.ts';

const KEY = { name: '01TASK', key: new Uint8Array(32).fill(7) };
const MARKER = createMarker(KEY.name, KEY.key);

function words(overrides: Partial<PullWords> = {}): PullWords {
  const sample = sampleTask('01TASK', { number: 3 });
  return {
    task: { ...sample, spentNano: 420_000_000, unsettledNano: 0 } as unknown as PullWords['task'],
    result: WorkerResult.parse({ ending: 'done', turns: 7 }),
    summary: 'It adds now.',
    newerText: false,
    checks: [],
    template: null,
    marker: KEY,
    ...overrides,
  };
}

test('describes what, for whom, how it was verified and what it cost', () => {
  const { body, title } = renderPull(words());
  expect(title).toBe('The total is wrong');
  expect(body).toBe(
    [
      'It adds now.',
      '',
      'Closes #3',
      '',
      '---',
      '',
      '| Requested by | @user-7 |',
      '| --- | --- |',
      '| Task | `01TASK` |',
      '| Verified | not run: `.github/bosun.yml` names no `verify` command and no `steps.after`, or the work ended before it |',
      '| Cost so far | $0.42, 7 turns with `claude-sonnet-5` |',
      '',
      'Made by Bosun. An agent wrote this change: review it like a contribution from someone you do not know.',
      '',
      MARKER,
      sealFacts({ unfinished: false, warning: null, reference: 'Closes #3' }, KEY),
      '',
    ].join('\n'),
  );
});

test('names what may still be added to the cost, and where the final amount will be', () => {
  const { task } = words();
  expect(renderPull(words({ task: { ...task, spentNano: 30_000_000, unsettledNano: 530_000_000 } })).body).toContain(
    '| Cost so far | $0.03 (up to $0.53 unsettled), 7 turns with `claude-sonnet-5`; the status comment has the final amount |',
  );
});

test.each([
  'question',
  'budget',
  'max_turns',
  'stopped',
  'model_error',
  'agent_error',
  'setup_failed',
  'error',
] as const)('work that ended with %s is marked and closes nothing', (ending) => {
  const { body } = renderPull(words({ result: WorkerResult.parse({ ending }) }));
  expect(body).toMatch(/^> \[!WARNING\]\n> This work is not finished: \S/);
  expect(body).toContain('For #3');
  expect(body).not.toContain('Closes');
});

test('a worker that never reported is not finished either', () => {
  const { body } = renderPull(words({ result: null, summary: '' }));
  expect(body).toContain('not finished: the worker ended early');
  expect(body).toContain('The agent gave no summary.');
});

describe('verification', () => {
  const verify = (command: string, exitCode: number | null): string => {
    const run = { command, exitCode, durationMs: 1, outputTail: '' };
    return renderPull(words({ result: WorkerResult.parse({ ending: 'done', verify: run }) })).body;
  };

  test('passed, failed or killed', () => {
    expect(verify('npm test', 0)).toContain('| Verified | `npm test` passed |');
    expect(verify('npm test', 2)).toContain('`npm test` **failed** with exit code 2');
    expect(verify('npm test', null)).toContain('**failed** with exit code none');
  });

  test('a command cannot break out of its cell', () => {
    expect(verify('a | b\n`c`', 0)).toContain('| Verified | `a b c` passed |');
  });
});

test('a title of nothing but mentions, and a login that is none, are replaced', () => {
  const task = { ...words().task, requestedBy: { id: 7, login: 'x](https://evil)' } };
  const { body, title } = renderPull(words({ task: { ...task, text: { ...task.text, title: '@@@' } } }));
  expect(title).toBe('Change for issue 3');
  expect(body).toContain('| Requested by | user 7 |');
});

test('a giant summary is cut, the marker is not', () => {
  const { body } = renderPull(words({ summary: 'x'.repeat(100_000) }));
  expect(body.length).toBeLessThan(65_536);
  expect(body).toContain(MARKER);
});

test.each([
  ['done', false],
  ['budget', true],
] as const)('ends with facts for machines: %s', (ending, unfinished) => {
  const { body } = renderPull(words({ result: WorkerResult.parse({ ending }) }));
  const facts = ShownPull.parse(readFacts(body, KEY));
  expect(facts.unfinished).toBe(unfinished);
  expect(facts.warning === null).toBe(!unfinished);
  for (const words of [facts.warning ?? '', facts.reference ?? expect.unreachable()]) {
    expect(body).toContain(words);
  }
});
