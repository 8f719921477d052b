import { expect, test } from 'vitest';
import type { Fault } from '../../demo/github/http/faults.ts';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import type { Task } from '../../app/task/task.ts';
import { openPlace, type Place } from './repositories.ts';
import { withScenario } from './open-scenario.ts';

const SCRIPT: ModelScript = [
  { toolUse: [{ name: 'bash', input: { command: 'echo done > DONE.md' } }] },
  { text: 'Wrote it down.' },
];

/** What happens once the worker has ended and before anything is published, by repository. */
const before = new Map<string, (task: Task) => unknown>();

const scenario = withScenario({
  script: SCRIPT,
  settings: { BOSUN_TASKS_PER_USER_PER_HOUR: '1000' },
  async onStep(step, taskId) {
    if (step !== 'gate_passed') {
      return;
    }
    const task = await scenario().bosun.storage.stores.tasks.find(taskId);
    if (task !== null) {
      const happens = before.get(`${task.repository.owner}/${task.repository.name}`);
      before.delete(`${task.repository.owner}/${task.repository.name}`);
      await happens?.(task);
    }
  },
});

async function implement(
  happens: (place: Place, task: Task) => unknown,
  files?: Record<string, string>,
): Promise<Place> {
  const place = await openPlace(scenario(), files === undefined ? {} : { files });
  before.set(place.repository, (task) => happens(place, task));
  await place.comment('/implement');
  return place;
}

/** One branch, one pull request, one status comment, one check run: whatever went wrong on the way. */
async function expectOneOfEach(place: Place, task: Task): Promise<void> {
  const { github } = scenario();
  await github.waitForRequest(() => github.checkRuns(place.repository).some((check) => check.status === 'completed'));
  await place.told(/ready for your review/);
  expect(await place.refs()).toEqual([`refs/heads/${task.branch}`]);
  const head = await github.git(place.repository, ['rev-parse', task.branch]);
  expect(head.stdout.toString().trim()).toBe(task.publication.headSha);
  expect(github.pulls(place.repository)).toHaveLength(1);
  expect(github.checkRuns(place.repository).map(({ headSha }) => headSha)).toEqual([task.publication.headSha]);
  expect(place.answers()).toHaveLength(1);
}

const STEPS: Readonly<Record<string, Pick<Fault, 'method'> & { path: string }>> = {
  'the repository': { method: 'GET', path: '$' },
  'the role': { method: 'GET', path: '/collaborators/.*/permission$' },
  'the branch': { method: 'GET', path: '/(git/ref|git/refs|branches|commits)/.*$' },
  'the list of pull requests': { method: 'GET', path: '/pulls$' },
  'the new pull request': { method: 'POST', path: '/pulls$' },
  'the push': { method: 'POST', path: '\\.git/git-receive-pack$' },
  'the status comment': { method: 'POST', path: '/issues/\\d+/comments$' },
  'the check run': { method: 'POST', path: '/check-runs$' },
};
const LIMIT = { headers: { 'retry-after': '1' }, body: { message: 'You have exceeded a secondary rate limit.' } };
/** As often as a read is tried; what is written is tried again after a pause that is no test's to wait for. */
const READS_TRIED = 3;
const PASSING: Readonly<Record<string, Fault>> = {
  'a 500': { status: 500 },
  'a 401': { status: 401 },
  'a 403 with retry-after': { status: 403, ...LIMIT },
  'a lost request': { dropResponse: 'before' },
  'a lost answer': { dropResponse: 'after' },
};

function plant(
  place: Place,
  step: string,
  fault: Fault,
): ReturnType<ReturnType<typeof scenario>['github']['faults']['add']> {
  const { method, path } = STEPS[step] ?? { path: '$' };
  const at = path.startsWith('\\.git') ? `^/${place.repository}${path}` : `^/repos/${place.repository}${path}`;
  return scenario().github.faults.add({ ...fault, ...(method !== undefined && { method }), path: new RegExp(at) });
}

test.concurrent.each(
  Object.keys(STEPS).flatMap((step) =>
    Object.entries(PASSING)
      .filter(([, fault]) => STEPS[step]?.method === 'POST' || fault.dropResponse === undefined)
      .map(([what, fault]) => ({
        what,
        step,
        fault: { times: STEPS[step]?.method === 'GET' && fault.status === 500 ? READS_TRIED : 1, ...fault },
      })),
  ),
)(
  '$what at $step: in the end exactly one of each',
  async ({ fault, step }) => {
    let planted: ReturnType<typeof plant> | null = null;
    const place =
      step === 'the status comment'
        ? await openPlace(scenario())
        : await implement((where) => {
            planted = plant(where, step, fault);
          });
    if (step === 'the status comment') {
      planted = plant(place, step, fault);
      await place.comment('/implement');
    }
    const task = await place.ended();
    expect(task).toMatchObject({ state: 'COMPLETED', epoch: 1, failure: null });
    await expectOneOfEach(place, task);
    expect((planted as { hits: number } | null)?.hits).toBeGreaterThan(0);
  },
  40_000,
);

test.concurrent.each([
  ['a 403 that is no limit', 'the new pull request', 403, 'GITHUB_FORBIDDEN'],
  ['a 422', 'the new pull request', 422, 'PULL_REQUEST_REJECTED'],
  ['a 403 that is no limit', 'the push', 403, 'GITHUB_FORBIDDEN'],
  ['a 404', 'the role', 404, 'PERMISSION_LOST'],
  ['a 403 that is no limit', 'the repository', 403, 'GITHUB_FORBIDDEN'],
] as const)('%s at %s ends the task with status %i as %s, its work kept', async (_what, step, status, code) => {
  const place = await implement((where) => plant(where, step, { status, times: Infinity }));
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'FAILED', failure: { code } });
  expect(task.outcome?.commits).toBe(1);
  expect(await place.patch(task)).toContain('+done');
  const comment = await place.told(/What was kept/);
  expect(comment).not.toContain('there was no work yet');
});

test('a rule of the repository that forbids the push is quoted', async () => {
  const place = await implement(({ repository }) =>
    scenario().github.protectRef(repository, {
      ref: 'refs/heads/bosun/*',
      message: 'GH013: Repository rule violations found: branch names must begin with team/',
    }),
  );
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'FAILED', failure: { code: 'PUSH_REJECTED' } });
  expect(await place.told(/rejected the push/)).toContain('branch names must begin with team/');
  expect(await place.refs()).toEqual([]);
});

test('who may no longer write has nothing pushed for them', async () => {
  const place = await implement(({ repository }) => {
    scenario().github.setPermission(repository, story.maintainer, 'read');
  });
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'FAILED', failure: { code: 'PERMISSION_LOST' }, outcome: { commits: 1 } });
  expect(await place.refs()).toEqual([]);
  const comment = await place.told(/may no longer write/);
  expect(comment).toContain('1 commit on the server, not pushed');
});

test("a stranger's branch of the same name is left alone; ours gets another name", async () => {
  let sha = '';
  const place = await implement(async ({ repository }, task) => {
    ({ sha } = await scenario().github.pushCommit(repository, {
      as: story.maintainer,
      branch: task.branch,
      files: { 'MINE.md': 'mine\n' },
    }));
    await scenario().github.openPull(repository, { as: story.maintainer, title: 'Mine', head: task.branch });
  });
  const task = await place.ended();
  expect(task.state).toBe('COMPLETED');
  expect(task.branch).toMatch(/-again-1$/);
  const theirs = await scenario().github.git(place.repository, ['rev-parse', task.branch.replace(/-again-1$/, '')]);
  expect(theirs.stdout.toString().trim()).toBe(sha);
  expect(scenario().github.pulls(place.repository)).toHaveLength(2);
  expect(await place.told(/ready for your review/)).toContain(task.branch);
});

test('a base branch that was deleted meanwhile leaves the branch and quotes GitHub', async () => {
  const place = await openPlace(scenario());
  await scenario().github.pushCommit(place.repository, {
    as: story.maintainer,
    branch: 'next',
    files: { 'NEXT.md': '1\n' },
  });
  before.set(place.repository, () =>
    scenario().github.deleteBranch(place.repository, { as: story.maintainer, branch: 'next' }),
  );
  await place.comment('/implement --base next');
  const task = await place.ended();
  expect(task).toMatchObject({ state: 'FAILED', failure: { code: 'PULL_REQUEST_REJECTED' } });
  expect(await place.refs()).toEqual([`refs/heads/${task.branch}`]);
  expect(await place.told(/did not accept the pull request/)).toContain(task.branch);
});

test.each(['closed', 'locked'] as const)(
  'an issue that is %s meanwhile still gets its pull request and its answer',
  async (how) => {
    const place = await implement(async ({ thread }) => {
      if (how === 'closed') {
        await scenario().github.closeIssue(thread, { as: story.maintainer });
      } else {
        scenario().github.lockIssue(thread, { as: story.maintainer });
      }
    });
    const task = await place.ended();
    expect(['COMPLETED', 'CANCELLED']).toContain(task.state);
    if (task.state === 'COMPLETED') {
      expect(scenario().github.pulls(place.repository)).toHaveLength(1);
    }
  },
);

test.each(['short', 'long'] as const)('tokens in the %s format are used and never shown', async (format) => {
  scenario().github.setTokenFormat(format);
  const place = await implement(() => undefined);
  const task = await place.ended();
  expect(task.state).toBe('COMPLETED');
  await expectOneOfEach(place, task);
});

test('two tasks at once in one repository make two pull requests', async () => {
  const place = await openPlace(scenario());
  const other = scenario().openIssue({ repository: place.repository, title: 'Another thing' });
  await Promise.all([place.comment('/implement'), other.comment('/implement')]);
  const [first, second] = await Promise.all([
    place.waitForTask((row) => row.state === 'COMPLETED'),
    other.waitForTask((row) => row.state === 'COMPLETED'),
  ]);
  expect((await place.refs()).toSorted()).toEqual(
    [first, second].map((task) => `refs/heads/${task.branch}`).toSorted(),
  );
  expect(scenario().github.pulls(place.repository)).toHaveLength(2);
});
