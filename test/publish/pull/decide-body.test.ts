import { describe, expect, test } from 'vitest';
import { WorkerResult } from '../../../protocol/index.ts';
import { decideBody } from '../../../app/publish/pull/decide-body.ts';
import { renderPull } from '../../../app/publish/pull/render-pull.ts';
import { isAsSealed, sealBody } from '../../../app/publish/pull/seal-body.ts';
import type { ShownPull } from '../../../app/task/shown-facts.ts';
import { readFacts } from '../../../app/text/marker.ts';
import { sampleTask } from '../../contract/stores/store-harness.ts';

const MARKER = { name: '01TASK', key: new Uint8Array(32).fill(7) };

function pullOf(ending: WorkerResult['ending'], summary = 'It adds.'): { body: string; shown: ShownPull } {
  const task = { ...sampleTask('01TASK', { number: 3 }), spentNano: 0, unsettledNano: 0 };
  const { body, shown } = renderPull({
    task: task as unknown as Parameters<typeof renderPull>[0]['task'],
    result: WorkerResult.parse({ ending }),
    summary,
    newerText: false,
    checks: [],
    template: null,
    marker: MARKER,
  });
  return { body: sealBody(body), shown };
}

const partial = pullOf('budget');
const whole = pullOf('done', 'It adds and subtracts.');

/** The description after a person changed it. */
function edit(from: string, to: string): string {
  const edited = partial.body.replace(from, () => to);
  expect(isAsSealed(edited)).toBe(false);
  return edited;
}

test('a description nobody touched is written again', () => {
  expect(decideBody({ current: partial.body, shown: partial.shown, wanted: whole })).toBe(whole.body);
});

test('the same words are not written again, whatever line ends GitHub gave them', () => {
  const current = whole.body.replaceAll('\n', '\r\n');
  expect(decideBody({ current, shown: whole.shown, wanted: whole })).toBeNull();
});

describe('in a description that a person edited', () => {
  test('only our own words are replaced, and the facts with them', () => {
    const current = edit('It adds.', 'It adds, and I checked it. For #3 see above.');
    const next = decideBody({ current, shown: partial.shown, wanted: whole }) ?? expect.unreachable();
    expect(next).toContain('It adds, and I checked it. For #3 see above.\n\nCloses #3\n');
    expect(next).not.toContain('WARNING');
    expect(readFacts(next, MARKER)).toEqual(whole.shown);
  });

  test('another reason takes the place of the first, and the reference stays open', () => {
    const later = pullOf('max_turns');
    const next = decideBody({ current: edit('It adds.', 'Mine.'), shown: partial.shown, wanted: later });
    expect(next).toContain('the agent used all its turns');
    expect(next).not.toContain('the budget is used up');
    expect(next).toContain('Mine.\n\nFor #3\n');
  });

  test('a warning of their own that looks like ours stays', () => {
    const own = '> [!WARNING]\n> This work is not finished: I have to read it first.\n\nIt adds.';
    const next = decideBody({ current: edit('It adds.', own), shown: partial.shown, wanted: whole });
    expect(next).toContain(own);
    expect(next).not.toContain('the budget is used up');
  });

  test('a warning that they changed is theirs', () => {
    const current = edit('the budget is used up', 'it is half done');
    expect(decideBody({ current, shown: partial.shown, wanted: whole })).toContain('it is half done');
  });

  test('nothing is replaced where the description carries no facts of ours', () => {
    expect(decideBody({ current: 'Mine alone.', shown: null, wanted: whole })).toBeNull();
    expect(decideBody({ current: '', shown: null, wanted: whole })).toBeNull();
  });
});
