import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failure } from '../../app/task/failure.ts';
import { UNPUBLISHED } from '../../app/task/unpublished.ts';
import type { Reporter } from '../../app/report/reporter.ts';
import { makeOutcome, makeWait } from './make-facts.ts';
import { NAME, createReportWorld, createSilentQueue } from './report-world.ts';
import type { ReportWorld } from './report-world.ts';

let world: ReportWorld;
let reporter: Reporter;
let number: number;

beforeEach(async () => {
  world = await createReportWorld();
  reporter = world.reporter();
  number = world.openIssue();
});

afterEach(async () => {
  await reporter.stop();
  const { violations } = world.local;
  await world.close();
  expect(violations).toEqual([]);
});

const waiting = () => world.taskOn(number, { wait: makeWait() });
const running = () => world.taskOn(number, { state: 'RUNNING', epoch: 1, startedAt: world.local.clock.now() });
const failed = () =>
  world.taskOn(number, {
    state: 'FAILED',
    epoch: 1,
    failure: failure('AGENT_ERROR', 'boom'),
    startedAt: world.local.clock.now(),
    finishedAt: world.local.clock.now(),
  });
const COMMENT_WRITES = /\/issues\/(\d+\/comments|comments\/\d+)$/;

function writes(method: 'POST' | 'PATCH', path = COMMENT_WRITES): number {
  return world.local.requests.filter((request) => request.method === method && path.test(request.path)).length;
}

describe('the status comment', () => {
  test('is created once and edited in place', async () => {
    world.desk.put(waiting());
    await reporter.runOnce();
    world.desk.put(running());
    await reporter.runOnce();
    world.desk.put(failed());
    await reporter.runOnce();
    expect(world.comments(number)).toHaveLength(1);
    expect(world.comments(number)[0]?.body).toContain('The agent stopped with an error');
    expect([writes('POST'), writes('PATCH')]).toEqual([1, 2]);
    expect(world.desk.row(waiting().id)?.lookAgainAt).toBeNull();
  });

  test('is not edited when nothing that it shows has changed', async () => {
    world.desk.put(waiting());
    await reporter.runOnce();
    world.desk.put({ ...waiting(), lostAttempts: 1 });
    await reporter.runOnce();
    expect(writes('PATCH')).toBe(0);
  });

  test('of a running task is edited at most every ten seconds, but an end is shown at once', async () => {
    world.desk.put(running());
    await reporter.runOnce();
    world.desk.put({ ...running(), budgetNano: 6_000_000_000 });
    await reporter.runOnce();
    expect(writes('PATCH')).toBe(0);
    expect(world.desk.row(running().id)?.lookAgainAt?.getTime()).toBeGreaterThan(
      world.local.clock.now().getTime() + 8_000,
    );
    world.local.clock.advance(10_000);
    await reporter.runOnce();
    expect(world.comments(number)[0]?.body).toContain('of $6.00');
    world.desk.put(failed());
    await reporter.runOnce();
    expect(writes('PATCH')).toBe(2);
  });

  test.each(['before', 'after'] as const)(
    'is one, also when the connection is cut %s GitHub did it',
    async (dropResponse) => {
      world.local.faults.add({ method: 'POST', path: /\/issues\/\d+\/comments$/, dropResponse });
      world.desk.put(waiting());
      await reporter.runOnce();
      world.local.clock.advance(60_000);
      await reporter.runOnce();
      expect(world.comments(number)).toHaveLength(1);
      expect(world.desk.state(waiting().id, 'comment')?.externalId).toBe(String(world.comments(number)[0]?.id));
    },
  );

  test('is one, also when the process dies between creating and remembering it', async () => {
    const dying = world.reporter({
      onStep: (step) => {
        if (step === 'comment.after_create') {
          throw new Error('killed');
        }
      },
    });
    world.desk.put(waiting());
    await dying.runOnce();
    expect(world.logged).toMatchObject([{ level: 'error', message: 'Reporting a task failed' }]);
    world.local.clock.advance(600_000);
    await reporter.runOnce();
    expect(world.comments(number)).toHaveLength(1);
  });

  test('is not taken for one that somebody copied', async () => {
    world.local.faults.add({ method: 'POST', path: /\/issues\/\d+\/comments$/, dropResponse: 'before' });
    world.desk.put(waiting());
    await reporter.runOnce();
    const other = world.openIssue('Elsewhere');
    world.desk.put({ ...world.taskOn(other, { wait: makeWait() }), id: '01OTHER' });
    await reporter.runOnce();
    const copied = world.comments(other)[0]?.body ?? '';
    world.local.comment({ repository: NAME, number }, { as: 'alice', body: copied });
    world.local.comment(
      { repository: NAME, number },
      { as: 'alice', body: copied.replaceAll('01OTHER', waiting().id) },
    );
    world.local.clock.advance(60_000);
    await reporter.runOnce();
    expect(world.comments(number)).toHaveLength(3);
  });

  test('that GitHub denies right after it was written is edited later, not written twice', async () => {
    world.desk.put(waiting());
    await reporter.runOnce();
    world.local.faults.add({ method: 'PATCH', path: /\/issues\/comments\/\d+$/, status: 404 });
    world.desk.put(running());
    await reporter.runOnce();
    world.local.clock.advance(6_000);
    await reporter.runOnce();
    expect(world.comments(number)).toHaveLength(1);
    expect([writes('POST'), writes('PATCH')]).toEqual([1, 2]);
  });

  test('that was deleted comes back once, and not a second time', async () => {
    world.desk.put(waiting());
    await reporter.runOnce();
    world.local.deleteComment({ repository: NAME, id: world.comments(number)[0]?.id ?? 0 }, { as: 'octo' });
    world.local.clock.advance(20_000);
    world.desk.put(running());
    await reporter.runOnce();
    expect(world.comments(number)).toHaveLength(1);
    world.local.deleteComment({ repository: NAME, id: world.comments(number)[0]?.id ?? 0 }, { as: 'octo' });
    world.local.clock.advance(20_000);
    world.desk.put(failed());
    await reporter.runOnce();
    expect(world.comments(number)).toHaveLength(0);
    expect(world.desk.row(waiting().id)?.reportedRevision).toBe(3);
  });

  test.each([
    ['locked', () => world.local.lockIssue({ repository: NAME, number }, { as: 'octo' })],
    ['deleted', () => world.local.deleteIssue({ repository: NAME, number })],
    ['in an archived repository', () => world.local.archiveRepository(NAME)],
    ['where the App was uninstalled', () => world.local.uninstallApp('octo')],
  ] as [string, () => void][])('on an issue that is %s ends quietly', async (_what, happen) => {
    world.desk.put(waiting());
    await reporter.runOnce();
    happen();
    world.desk.put(failed());
    await reporter.runOnce();
    expect(world.desk.row(waiting().id)).toMatchObject({ reportedRevision: 2, hiddenUntil: null });
    expect(world.logged.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test.each([
    ['is down', { status: 502 }],
    [
      'limits',
      { status: 403, headers: { 'retry-after': '30' }, body: { message: 'You have exceeded a secondary rate limit' } },
    ],
    ['refuses the credentials', { status: 401 }],
  ])('is shown in the end when GitHub %s for a while', async (_what, fault) => {
    world.desk.put(waiting());
    await reporter.runOnce();
    const planted = world.local.faults.add({ path: /comments/, times: Infinity, ...fault });
    world.desk.put(failed());
    for (let minute = 0; minute < 30; minute += 1) {
      await reporter.runOnce();
      world.local.clock.advance(60_000);
    }
    planted.remove();
    for (let minute = 0; minute < 16; minute += 1) {
      await reporter.runOnce();
      world.local.clock.advance(60_000);
    }
    expect(world.comments(number)[0]?.body).toContain('The agent stopped with an error');
    expect(world.desk.row(waiting().id)?.reportedRevision).toBe(2);
  });
});

describe('a status comment that a newer task of the thread supersedes', () => {
  const next = () => world.taskOn(number, { id: '01KATX7Q2M8Z4V6N9B3C5D7NEW', wait: makeWait() });
  const graphql = () => world.local.requests.filter(({ path }) => path === '/graphql').length;

  beforeEach(async () => {
    world.desk.put(failed());
    await reporter.runOnce();
  });

  test('is minimized as outdated, and the newest links to it', async () => {
    expect(world.comments(number)[0]?.minimizedAs).toBeNull();
    world.desk.put(next());
    await reporter.runOnce();
    const [old, current] = world.comments(number);
    expect([old?.minimizedAs, current?.minimizedAs]).toEqual(['OUTDATED', null]);
    expect(current?.body).toContain(
      `after [\`${failed().id}\`](${world.local.url}/octo/demo/issues/${number}#issuecomment-${old?.id})`,
    );
  });

  test('is minimized once, also when somebody expands it again', async () => {
    world.desk.put(next());
    await reporter.runOnce();
    const [old] = world.comments(number);
    if (old !== undefined) {
      old.minimizedAs = null;
    }
    world.desk.put({ ...next(), state: 'RUNNING', wait: null, startedAt: world.local.clock.now() });
    await reporter.runOnce();
    expect([old?.minimizedAs, graphql()]).toEqual([null, 1]);
  });

  test('is minimized later when GitHub does not answer', async () => {
    world.local.faults.add({ method: 'POST', path: '/graphql', status: 502 });
    world.desk.put(next());
    await reporter.runOnce();
    expect(world.comments(number)[0]?.minimizedAs).toBeNull();
    world.local.clock.advance(60_000);
    await reporter.runOnce();
    expect(world.comments(number)[0]?.minimizedAs).toBe('OUTDATED');
  });

  test.each([
    ['the token may not do it', { data: null, errors: [{ type: 'FORBIDDEN', message: 'Resource not accessible' }] }],
    ['GitHub does not know it', { data: null, errors: [{ type: 'NOT_FOUND', message: 'Could not resolve' }] }],
    ['the server refuses the document', { data: null, errors: [{ message: 'Unknown field' }] }],
  ])('stays as it is when %s, and nothing else waits for it', async (_, body) => {
    world.local.faults.add({ method: 'POST', path: '/graphql', status: 200, body, times: Infinity });
    world.desk.put(next());
    await reporter.runOnce();
    world.local.clock.advance(60_000);
    world.desk.put({ ...next(), state: 'RUNNING', wait: null, startedAt: world.local.clock.now() });
    await reporter.runOnce();
    expect(world.comments(number)[1]?.body).toContain('Working');
    expect(graphql()).toBe(1);
  });

  test('that was deleted is not missed', async () => {
    world.local.deleteComment({ repository: NAME, id: world.comments(number)[0]?.id ?? 0 }, { as: 'octo' });
    world.desk.put(next());
    await reporter.runOnce();
    expect(world.comments(number)).toHaveLength(1);
    expect(world.desk.row(next().id)?.hiddenUntil).toBeNull();
  });
});

describe('the check run', () => {
  async function head(branch: string): Promise<string> {
    return (await world.local.pushCommit(NAME, { as: 'octo', branch, files: { 'a.txt': branch } })).sha;
  }
  const publication = (headSha: string) => ({ ...UNPUBLISHED, headSha });

  test('appears with the end of the task, on the published head', async () => {
    const sha = await head('bosun/x');
    world.desk.put({ ...running(), state: 'FINALIZING', publication: publication(sha) });
    await reporter.runOnce();
    expect(world.local.checkRuns(NAME)).toEqual([]);
    const done = world.taskOn(number, {
      state: 'COMPLETED',
      epoch: 1,
      publication: publication(sha),
      outcome: makeOutcome(),
    });
    world.desk.put(done);
    await reporter.runOnce();
    expect(world.local.checkRuns(NAME)).toMatchObject([
      { name: 'Bosun', headSha: sha, externalId: done.id, conclusion: 'success' },
    ]);
  });

  test('is one for each head, and the one before is closed', async () => {
    const first = await head('bosun/x');
    const paused = world.taskOn(number, {
      epoch: 1,
      wait: makeWait({ reason: 'budget' }),
      publication: publication(first),
    });
    world.desk.put(paused);
    await reporter.runOnce();
    world.desk.put({ ...running(), epoch: 2, publication: publication(first) });
    await reporter.runOnce();
    expect(world.local.checkRuns(NAME)).toMatchObject([{ status: 'in_progress', conclusion: null }]);
    const second = await head('bosun/y');
    world.desk.put(
      world.taskOn(number, { state: 'COMPLETED', epoch: 2, publication: publication(second), outcome: makeOutcome() }),
    );
    await reporter.runOnce();
    expect(world.local.checkRuns(NAME).map(({ headSha, conclusion }) => [headSha, conclusion])).toEqual([
      [first, 'neutral'],
      [second, 'success'],
    ]);
  });

  test.each(['before', 'after'] as const)(
    'is one, also when the connection is cut %s GitHub did it',
    async (dropResponse) => {
      const sha = await head('bosun/x');
      world.local.faults.add({ method: 'POST', path: /\/check-runs$/, dropResponse });
      world.desk.put(
        world.taskOn(number, { state: 'COMPLETED', epoch: 1, publication: publication(sha), outcome: makeOutcome() }),
      );
      await reporter.runOnce();
      world.local.clock.advance(60_000);
      await reporter.runOnce();
      expect(world.local.checkRuns(NAME)).toHaveLength(1);
      expect(writes('POST')).toBe(1);
    },
  );

  test('is created later when GitHub does not know the pushed head yet', async () => {
    const sha = await head('bosun/x');
    const body = { message: `No commit found for SHA: ${sha}` };
    world.local.faults.add({ method: 'POST', path: /\/check-runs$/, status: 422, body, times: 3 });
    const writtenAt = world.local.clock.now().toISOString();
    const published = { ...publication(sha), writtenAt };
    world.desk.put(
      world.taskOn(number, { state: 'COMPLETED', epoch: 1, publication: published, outcome: makeOutcome() }),
    );
    for (let round = 0; round < 8; round += 1) {
      await reporter.runOnce();
      world.local.clock.advance(10_000);
    }
    expect(world.local.checkRuns(NAME)).toMatchObject([{ headSha: sha, conclusion: 'success' }]);
    expect(writes('POST', /\/check-runs$/)).toBe(4);
    expect(world.logged).toEqual([]);
  });

  test('that GitHub continues refusing is given up, with a line in the log', async () => {
    const sha = await head('bosun/x');
    world.local.faults.add({ method: 'POST', path: /\/check-runs$/, status: 422, times: Infinity });
    const writtenAt = world.local.clock.now().toISOString();
    const published = { ...publication(sha), writtenAt };
    world.desk.put(
      world.taskOn(number, { state: 'COMPLETED', epoch: 1, publication: published, outcome: makeOutcome() }),
    );
    for (let round = 0; round < 30; round += 1) {
      await reporter.runOnce();
      world.local.clock.advance(10_000);
    }
    expect(world.logged).toMatchObject([{ level: 'warn', message: 'The check run cannot be written' }]);
    expect(writes('POST', /\/check-runs$/)).toBe(6);
  });

  test('is updated later when GitHub does not know it yet, and is not created again', async () => {
    const sha = await head('bosun/x');
    const done = world.taskOn(number, {
      state: 'COMPLETED',
      epoch: 1,
      publication: publication(sha),
      outcome: makeOutcome(),
    });
    world.desk.put(done);
    await reporter.runOnce();
    world.local.faults.add({ method: 'PATCH', path: /\/check-runs\/\d+$/, status: 404 });
    world.desk.put({ ...done, spentNano: done.spentNano + 1_000_000_000 });
    for (let round = 0; round < 3; round += 1) {
      await reporter.runOnce();
      world.local.clock.advance(6_000);
    }
    expect(world.local.checkRuns(NAME)).toHaveLength(1);
    expect(writes('PATCH', /\/check-runs\/\d+$/)).toBe(2);
    expect(world.logged).toEqual([]);
  });

  test('that may not be written does not hold up the comment', async () => {
    const sha = await head('bosun/x');
    world.local.faults.add({ path: /\/check-runs$/, times: Infinity, status: 403 });
    world.desk.put(
      world.taskOn(number, { state: 'COMPLETED', epoch: 1, publication: publication(sha), outcome: makeOutcome() }),
    );
    await reporter.runOnce();
    expect(world.comments(number)).toHaveLength(1);
    expect(world.desk.row(waiting().id)?.reportedRevision).toBe(1);
    expect(world.logged).toMatchObject([{ level: 'warn', message: 'The check run cannot be written' }]);
  });
});

describe('the loop', () => {
  test('shows what a wake-up announces, and what became due without one', async () => {
    const queue = createSilentQueue();
    const loop = world.reporter({ queue });
    loop.start();
    await queue.receiving();
    world.desk.put(waiting());
    queue.send({ kind: 'report', id: waiting().id });
    await world.local.waitForRequest(({ method, path }) => method === 'POST' && path.endsWith('/comments'));
    await queue.receiving();
    await loop.stop();
    expect(world.comments(number)).toHaveLength(1);
  });

  test('continues after the database was unavailable', async () => {
    const queue = createSilentQueue();
    const loop = world.reporter({ queue });
    world.desk.fail(new Error('no connection'));
    world.desk.put(waiting());
    loop.start();
    const posted = world.local.waitForRequest(({ method, path }) => method === 'POST' && path.endsWith('/comments'));
    world.desk.fail(null);
    await posted;
    await loop.stop();
    expect(world.comments(number)).toHaveLength(1);
  });

  test('spares a GitHub that is unreachable the rest of the line, and shows all of it later', async () => {
    const planted = world.local.faults.add({ path: /comments/, times: Infinity, status: 503 });
    const tasks = Array.from({ length: 10 }, (_, index) => ({
      ...world.taskOn(world.openIssue()),
      id: `01TASK${index}`,
      wait: makeWait(),
    }));
    for (const task of tasks) {
      world.desk.put(task);
    }
    await reporter.runOnce();
    expect(world.local.requests.filter(({ path }) => path.endsWith('/comments'))).toHaveLength(1);
    planted.remove();
    world.local.clock.advance(60_000);
    await reporter.runOnce();
    expect(tasks.every((task) => world.comments(task.thread.number).length === 1)).toBe(true);
  });

  test('shows what has ended first', async () => {
    const others = Array.from({ length: 3 }, () => world.openIssue());
    for (const [index, other] of others.entries()) {
      world.desk.put({ ...world.taskOn(other, { wait: makeWait() }), id: `01WAIT${index}` });
    }
    world.desk.put(failed());
    await reporter.runOnce();
    const posts = world.local.requests.filter(({ method, path }) => method === 'POST' && path.endsWith('/comments'));
    expect(posts[0]?.path).toContain(`/issues/${number}/`);
  });
});
