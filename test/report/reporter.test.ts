import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failure } from '../../app/task/failure.ts';
import { UNPUBLISHED } from '../../app/task/unpublished.ts';
import type { Reporter } from '../../app/report/reporter.ts';
import { makeOutcome, makeWait } from './make-facts.ts';
import { NAME, createReportHarness, createSilentQueue } from './report-harness.ts';
import type { ReportHarness } from './report-harness.ts';

let harness: ReportHarness;
let reporter: Reporter;
let number: number;

beforeEach(async () => {
  harness = await createReportHarness();
  reporter = harness.reporter();
  number = harness.openIssue();
});

afterEach(async () => {
  await reporter.stop();
  const { violations } = harness.local;
  await harness.close();
  expect(violations).toEqual([]);
});

const waiting = () => harness.taskOn(number, { wait: makeWait() });
const running = () => harness.taskOn(number, { state: 'RUNNING', epoch: 1, startedAt: harness.local.clock.now() });
const failed = () =>
  harness.taskOn(number, {
    state: 'FAILED',
    epoch: 1,
    failure: failure('AGENT_ERROR', 'boom'),
    startedAt: harness.local.clock.now(),
    finishedAt: harness.local.clock.now(),
  });
const COMMENT_WRITES = /\/issues\/(\d+\/comments|comments\/\d+)$/;

function writes(method: 'POST' | 'PATCH', path = COMMENT_WRITES): number {
  return harness.local.requests.filter((request) => request.method === method && path.test(request.path)).length;
}

describe('the status comment', () => {
  test('is created once and edited in place', async () => {
    harness.rows.put(waiting());
    await reporter.runOnce();
    harness.rows.put(running());
    await reporter.runOnce();
    harness.rows.put(failed());
    await reporter.runOnce();
    expect(harness.comments(number)).toHaveLength(1);
    expect(harness.comments(number)[0]?.body).toContain('The agent stopped with an error');
    expect([writes('POST'), writes('PATCH')]).toEqual([1, 2]);
    expect(harness.rows.row(waiting().id)?.lookAgainAt).toBeNull();
  });

  test('is not edited when nothing that it shows has changed', async () => {
    harness.rows.put(waiting());
    await reporter.runOnce();
    harness.rows.put({ ...waiting(), lostAttempts: 1 });
    await reporter.runOnce();
    expect(writes('PATCH')).toBe(0);
  });

  test('of a running task is edited at most every ten seconds, but an end is shown at once', async () => {
    harness.rows.put(running());
    await reporter.runOnce();
    harness.rows.put({ ...running(), budgetNano: 6_000_000_000 });
    await reporter.runOnce();
    expect(writes('PATCH')).toBe(0);
    expect(harness.rows.row(running().id)?.lookAgainAt?.getTime()).toBeGreaterThan(
      harness.local.clock.now().getTime() + 8_000,
    );
    harness.local.clock.advance(10_000);
    await reporter.runOnce();
    expect(harness.comments(number)[0]?.body).toContain('of $6.00');
    harness.rows.put(failed());
    await reporter.runOnce();
    expect(writes('PATCH')).toBe(2);
  });

  test.each(['before', 'after'] as const)(
    'is one, also when the connection is cut %s GitHub did it',
    async (dropResponse) => {
      harness.local.faults.add({ method: 'POST', path: /\/issues\/\d+\/comments$/, dropResponse });
      harness.rows.put(waiting());
      await reporter.runOnce();
      harness.local.clock.advance(60_000);
      await reporter.runOnce();
      expect(harness.comments(number)).toHaveLength(1);
      expect(harness.rows.state(waiting().id, 'comment')?.externalId).toBe(String(harness.comments(number)[0]?.id));
    },
  );

  test('is one, also when the process dies between creating and remembering it', async () => {
    const dying = harness.reporter({
      onStep: (step) => {
        if (step === 'comment.after_create') {
          throw new Error('killed');
        }
      },
    });
    harness.rows.put(waiting());
    await dying.runOnce();
    expect(harness.logged).toMatchObject([{ level: 'error', message: 'Reporting a task failed' }]);
    harness.local.clock.advance(600_000);
    await reporter.runOnce();
    expect(harness.comments(number)).toHaveLength(1);
  });

  test('is not taken for one that somebody copied', async () => {
    harness.local.faults.add({ method: 'POST', path: /\/issues\/\d+\/comments$/, dropResponse: 'before' });
    harness.rows.put(waiting());
    await reporter.runOnce();
    const other = harness.openIssue('Elsewhere');
    harness.rows.put({ ...harness.taskOn(other, { wait: makeWait() }), id: '01OTHER' });
    await reporter.runOnce();
    const copied = harness.comments(other)[0]?.body ?? '';
    harness.local.comment({ repository: NAME, number }, { as: 'alice', body: copied });
    harness.local.comment(
      { repository: NAME, number },
      { as: 'alice', body: copied.replaceAll('01OTHER', waiting().id) },
    );
    harness.local.clock.advance(60_000);
    await reporter.runOnce();
    expect(harness.comments(number)).toHaveLength(3);
  });

  test('that GitHub denies right after it was written is edited later, not written twice', async () => {
    harness.rows.put(waiting());
    await reporter.runOnce();
    harness.local.faults.add({ method: 'PATCH', path: /\/issues\/comments\/\d+$/, status: 404 });
    harness.rows.put(running());
    await reporter.runOnce();
    harness.local.clock.advance(6_000);
    await reporter.runOnce();
    expect(harness.comments(number)).toHaveLength(1);
    expect([writes('POST'), writes('PATCH')]).toEqual([1, 2]);
  });

  test('that was deleted comes back once, and not a second time', async () => {
    harness.rows.put(waiting());
    await reporter.runOnce();
    harness.local.deleteComment({ repository: NAME, id: harness.comments(number)[0]?.id ?? 0 }, { as: 'octo' });
    harness.local.clock.advance(20_000);
    harness.rows.put(running());
    await reporter.runOnce();
    expect(harness.comments(number)).toHaveLength(1);
    harness.local.deleteComment({ repository: NAME, id: harness.comments(number)[0]?.id ?? 0 }, { as: 'octo' });
    harness.local.clock.advance(20_000);
    harness.rows.put(failed());
    await reporter.runOnce();
    expect(harness.comments(number)).toHaveLength(0);
    expect(harness.rows.row(waiting().id)?.reportedRevision).toBe(3);
  });

  test.each([
    ['locked', () => harness.local.lockIssue({ repository: NAME, number }, { as: 'octo' })],
    ['deleted', () => harness.local.deleteIssue({ repository: NAME, number })],
    ['in an archived repository', () => harness.local.archiveRepository(NAME)],
    ['where the App was uninstalled', () => harness.local.uninstallApp('octo')],
  ] as [string, () => void][])('on an issue that is %s ends quietly', async (_what, happen) => {
    harness.rows.put(waiting());
    await reporter.runOnce();
    happen();
    harness.rows.put(failed());
    await reporter.runOnce();
    expect(harness.rows.row(waiting().id)).toMatchObject({ reportedRevision: 2, hiddenUntil: null });
    expect(harness.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test.each([
    ['is down', { status: 502 }],
    [
      'limits',
      { status: 403, headers: { 'retry-after': '30' }, body: { message: 'You have exceeded a secondary rate limit' } },
    ],
    ['refuses the credentials', { status: 401 }],
  ])('is shown in the end when GitHub %s for a while', async (_what, fault) => {
    harness.rows.put(waiting());
    await reporter.runOnce();
    const planted = harness.local.faults.add({ path: /comments/, times: Infinity, ...fault });
    harness.rows.put(failed());
    for (let minute = 0; minute < 30; minute += 1) {
      await reporter.runOnce();
      harness.local.clock.advance(60_000);
    }
    planted.remove();
    for (let minute = 0; minute < 16; minute += 1) {
      await reporter.runOnce();
      harness.local.clock.advance(60_000);
    }
    expect(harness.comments(number)[0]?.body).toContain('The agent stopped with an error');
    expect(harness.rows.row(waiting().id)?.reportedRevision).toBe(2);
  });
});

describe('a status comment that a newer task of the thread supersedes', () => {
  const next = () => harness.taskOn(number, { id: '01KATX7Q2M8Z4V6N9B3C5D7NEW', wait: makeWait() });
  const graphql = () => harness.local.requests.filter(({ path }) => path === '/graphql').length;

  beforeEach(async () => {
    harness.rows.put(failed());
    await reporter.runOnce();
  });

  test('is minimized as outdated, and the newest links to it', async () => {
    expect(harness.comments(number)[0]?.minimizedAs).toBeNull();
    harness.rows.put(next());
    await reporter.runOnce();
    const [old, current] = harness.comments(number);
    expect([old?.minimizedAs, current?.minimizedAs]).toEqual(['OUTDATED', null]);
    expect(current?.body).toContain(
      `after [\`${failed().id}\`](${harness.local.url}/octo/demo/issues/${number}#issuecomment-${old?.id})`,
    );
  });

  test('is minimized once, also when somebody expands it again', async () => {
    harness.rows.put(next());
    await reporter.runOnce();
    const [old] = harness.comments(number);
    if (old !== undefined) {
      old.minimizedAs = null;
    }
    harness.rows.put({ ...next(), state: 'RUNNING', wait: null, startedAt: harness.local.clock.now() });
    await reporter.runOnce();
    expect([old?.minimizedAs, graphql()]).toEqual([null, 1]);
  });

  test('is minimized later when GitHub does not answer', async () => {
    harness.local.faults.add({ method: 'POST', path: '/graphql', status: 502 });
    harness.rows.put(next());
    await reporter.runOnce();
    expect(harness.comments(number)[0]?.minimizedAs).toBeNull();
    harness.local.clock.advance(60_000);
    await reporter.runOnce();
    expect(harness.comments(number)[0]?.minimizedAs).toBe('OUTDATED');
  });

  test.each([
    ['the token may not do it', { data: null, errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible' }] }],
    ['GitHub does not know it', { data: null, errors: [{ type: 'NOT_FOUND', message: 'Could not resolve' }] }],
    ['the server refuses the document', { data: null, errors: [{ message: 'Unknown field' }] }],
  ])('stays as it is when %s, and nothing else waits for it', async (_, body) => {
    harness.local.faults.add({ method: 'POST', path: '/graphql', status: 200, body, times: Infinity });
    harness.rows.put(next());
    await reporter.runOnce();
    harness.local.clock.advance(60_000);
    harness.rows.put({ ...next(), state: 'RUNNING', wait: null, startedAt: harness.local.clock.now() });
    await reporter.runOnce();
    expect(harness.comments(number)[1]?.body).toContain('Working');
    expect(graphql()).toBe(1);
  });

  test('that was deleted is not missed', async () => {
    harness.local.deleteComment({ repository: NAME, id: harness.comments(number)[0]?.id ?? 0 }, { as: 'octo' });
    harness.rows.put(next());
    await reporter.runOnce();
    expect(harness.comments(number)).toHaveLength(1);
    expect(harness.rows.row(next().id)?.hiddenUntil).toBeNull();
  });
});

describe('the check run', () => {
  async function head(branch: string): Promise<string> {
    return (await harness.local.pushCommit(NAME, { as: 'octo', branch, files: { 'a.txt': branch } })).sha;
  }
  const publication = (headSha: string) => ({ ...UNPUBLISHED, headSha });

  test('appears with the end of the task, on the published head', async () => {
    const sha = await head('bosun/x');
    harness.rows.put({ ...running(), state: 'FINALIZING', publication: publication(sha) });
    await reporter.runOnce();
    expect(harness.local.checkRuns(NAME)).toEqual([]);
    const done = harness.taskOn(number, {
      state: 'COMPLETED',
      epoch: 1,
      publication: publication(sha),
      outcome: makeOutcome(),
    });
    harness.rows.put(done);
    await reporter.runOnce();
    expect(harness.local.checkRuns(NAME)).toMatchObject([
      { name: 'Bosun', headSha: sha, externalId: done.id, conclusion: 'success' },
    ]);
  });

  test('is one for each head, and the one before is closed', async () => {
    const first = await head('bosun/x');
    const paused = harness.taskOn(number, {
      epoch: 1,
      wait: makeWait({ reason: 'budget' }),
      publication: publication(first),
    });
    harness.rows.put(paused);
    await reporter.runOnce();
    harness.rows.put({ ...running(), epoch: 2, publication: publication(first) });
    await reporter.runOnce();
    expect(harness.local.checkRuns(NAME)).toMatchObject([{ status: 'in_progress', conclusion: null }]);
    const second = await head('bosun/y');
    harness.rows.put(
      harness.taskOn(number, {
        state: 'COMPLETED',
        epoch: 2,
        publication: publication(second),
        outcome: makeOutcome(),
      }),
    );
    await reporter.runOnce();
    expect(harness.local.checkRuns(NAME).map(({ headSha, conclusion }) => [headSha, conclusion])).toEqual([
      [first, 'neutral'],
      [second, 'success'],
    ]);
  });

  test.each(['before', 'after'] as const)(
    'is one, also when the connection is cut %s GitHub did it',
    async (dropResponse) => {
      const sha = await head('bosun/x');
      harness.local.faults.add({ method: 'POST', path: /\/check-runs$/, dropResponse });
      harness.rows.put(
        harness.taskOn(number, { state: 'COMPLETED', epoch: 1, publication: publication(sha), outcome: makeOutcome() }),
      );
      await reporter.runOnce();
      harness.local.clock.advance(60_000);
      await reporter.runOnce();
      expect(harness.local.checkRuns(NAME)).toHaveLength(1);
      expect(writes('POST')).toBe(1);
    },
  );

  test('is created later when GitHub does not know the pushed head yet', async () => {
    const sha = await head('bosun/x');
    const body = { message: `No commit found for SHA: ${sha}` };
    harness.local.faults.add({ method: 'POST', path: /\/check-runs$/, status: 422, body, times: 3 });
    const writtenAt = harness.local.clock.now().toISOString();
    const published = { ...publication(sha), writtenAt };
    harness.rows.put(
      harness.taskOn(number, { state: 'COMPLETED', epoch: 1, publication: published, outcome: makeOutcome() }),
    );
    for (let round = 0; round < 8; round += 1) {
      await reporter.runOnce();
      harness.local.clock.advance(10_000);
    }
    expect(harness.local.checkRuns(NAME)).toMatchObject([{ headSha: sha, conclusion: 'success' }]);
    expect(writes('POST', /\/check-runs$/)).toBe(4);
    expect(harness.logged).toEqual([]);
  });

  test('that GitHub continues refusing is given up, with a line in the log', async () => {
    const sha = await head('bosun/x');
    harness.local.faults.add({ method: 'POST', path: /\/check-runs$/, status: 422, times: Infinity });
    const writtenAt = harness.local.clock.now().toISOString();
    const published = { ...publication(sha), writtenAt };
    harness.rows.put(
      harness.taskOn(number, { state: 'COMPLETED', epoch: 1, publication: published, outcome: makeOutcome() }),
    );
    for (let round = 0; round < 30; round += 1) {
      await reporter.runOnce();
      harness.local.clock.advance(10_000);
    }
    expect(harness.logged).toMatchObject([{ level: 'warn', message: 'The check run cannot be written' }]);
    expect(writes('POST', /\/check-runs$/)).toBe(6);
  });

  test('is updated later when GitHub does not know it yet, and is not created again', async () => {
    const sha = await head('bosun/x');
    const done = harness.taskOn(number, {
      state: 'COMPLETED',
      epoch: 1,
      publication: publication(sha),
      outcome: makeOutcome(),
    });
    harness.rows.put(done);
    await reporter.runOnce();
    harness.local.faults.add({ method: 'PATCH', path: /\/check-runs\/\d+$/, status: 404 });
    harness.rows.put({ ...done, spentNano: done.spentNano + 1_000_000_000 });
    for (let round = 0; round < 3; round += 1) {
      await reporter.runOnce();
      harness.local.clock.advance(6_000);
    }
    expect(harness.local.checkRuns(NAME)).toHaveLength(1);
    expect(writes('PATCH', /\/check-runs\/\d+$/)).toBe(2);
    expect(harness.logged).toEqual([]);
  });

  test('that may not be written does not hold up the comment', async () => {
    const sha = await head('bosun/x');
    harness.local.faults.add({ path: /\/check-runs$/, times: Infinity, status: 403 });
    harness.rows.put(
      harness.taskOn(number, { state: 'COMPLETED', epoch: 1, publication: publication(sha), outcome: makeOutcome() }),
    );
    await reporter.runOnce();
    expect(harness.comments(number)).toHaveLength(1);
    expect(harness.rows.row(waiting().id)?.reportedRevision).toBe(1);
    expect(harness.logged).toMatchObject([{ level: 'warn', message: 'The check run cannot be written' }]);
  });
});

describe('the loop', () => {
  test('shows what a wake-up announces, and what became due without one', async () => {
    const queue = createSilentQueue();
    const loop = harness.reporter({ queue });
    loop.start();
    await queue.receiving();
    harness.rows.put(waiting());
    queue.send({ kind: 'report', id: waiting().id });
    await harness.local.waitForRequest(({ method, path }) => method === 'POST' && path.endsWith('/comments'));
    await queue.receiving();
    await loop.stop();
    expect(harness.comments(number)).toHaveLength(1);
  });

  test('continues after the database was unavailable', async () => {
    const queue = createSilentQueue();
    const loop = harness.reporter({ queue });
    harness.rows.fail(new Error('no connection'));
    harness.rows.put(waiting());
    loop.start();
    const posted = harness.local.waitForRequest(({ method, path }) => method === 'POST' && path.endsWith('/comments'));
    harness.rows.fail(null);
    await posted;
    await loop.stop();
    expect(harness.comments(number)).toHaveLength(1);
  });

  test('spares a GitHub that is unreachable the rest of the line, and shows all of it later', async () => {
    const planted = harness.local.faults.add({ path: /comments/, times: Infinity, status: 503 });
    const tasks = Array.from({ length: 10 }, (_, index) => ({
      ...harness.taskOn(harness.openIssue()),
      id: `01TASK${index}`,
      wait: makeWait(),
    }));
    for (const task of tasks) {
      harness.rows.put(task);
    }
    await reporter.runOnce();
    expect(harness.local.requests.filter(({ path }) => path.endsWith('/comments'))).toHaveLength(1);
    planted.remove();
    harness.local.clock.advance(60_000);
    await reporter.runOnce();
    expect(tasks.every((task) => harness.comments(task.thread.number).length === 1)).toBe(true);
  });

  test('shows what has ended first', async () => {
    const others = Array.from({ length: 3 }, () => harness.openIssue());
    for (const [index, other] of others.entries()) {
      harness.rows.put({ ...harness.taskOn(other, { wait: makeWait() }), id: `01WAIT${index}` });
    }
    harness.rows.put(failed());
    await reporter.runOnce();
    const posts = harness.local.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/comments'));
    expect(posts[0]?.path).toContain(`/issues/${number}/`);
  });
});
