import { expect, test } from 'vitest';
import { refusePull, type PullContext } from '../../app/hydration/pull/collect-pull.ts';
import { TASK_TYPE_RECORDS } from '../../app/task/task-types.ts';
import type { Task } from '../../app/task/task.ts';

const DETAILS = { number: 7, state: 'open', baseRef: 'main', mergeable: true } as PullContext['details'];
const NOTHING: PullContext = {
  details: DETAILS,
  files: [],
  threads: { threads: [], leftOut: 0, authors: [] },
  failures: { failures: [], isPending: false, missingPermissions: [] },
};

function refuse(pull: PullContext, request = ''): string | null {
  const task = { text: { request } } as Task;
  return refusePull(task, TASK_TYPE_RECORDS.fix, pull)?.detail ?? null;
}

test.each<[string, Partial<PullContext>, string]>([
  ['nothing is open', {}, 'No review thread is open'],
  ['only its base is in conflict', { details: { ...DETAILS, mergeable: false } }, 'merge or rebase the branch by hand'],
  ['checks still run', { failures: { ...NOTHING.failures, isPending: true } }, 'have not finished yet'],
  ['threads may not be read', { threads: { ...NOTHING.threads, leftOut: 1 } }, '1 open thread was left out'],
  [
    'a permission is missing',
    { failures: { ...NOTHING.failures, missingPermissions: ['checks: read'] } },
    'checks: read',
  ],
])('a fix where %s is refused before money is spent', (_name, facts, reason) => {
  expect(refuse({ ...NOTHING, ...facts })).toContain(reason);
});

test('a fix with words of its own is never refused for want of something to fix', () => {
  expect(refuse(NOTHING, 'rename the function')).toBeNull();
});
