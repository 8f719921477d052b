import { afterEach, describe, expect, test } from 'vitest';
import { decideTarget } from '../../app/publish/decide-target.ts';
import type { Task } from '../../app/task/task.ts';
import type { Ruleset } from '../../demo/github/state/world.ts';
import { failure } from '../../app/task/failure.ts';
import { fenceOf } from '../../app/task/fence.ts';
import { UNPUBLISHED } from '../../app/task/unpublished.ts';
import { NAME, openHarness, type PublishingHarness } from './publishing-harness.ts';

let harness: PublishingHarness;
const BRANCH = 'bosun/01task-sum';

afterEach(async () => {
  await harness.close();
});

async function open(settings: Parameters<typeof openHarness>[0] = {}): Promise<PublishingHarness> {
  harness = await openHarness(settings);
  return harness;
}

const OWN = { own: 'mine\n' };
const push = (branch: string): Promise<unknown> => harness.github.pushCommit(NAME, { as: 'ada', files: OWN, branch });

describe('a name that git cannot create', () => {
  test.each([
    ['a branch `bosun`', 'bosun'],
    ['a branch below the wanted one', `${BRANCH}/part`],
  ])('because of %s is replaced before anything is spent', async (_, obstacle) => {
    await open();
    await push(obstacle);
    expect(await harness.publisher.settleBranch(await harness.task())).toMatchObject({
      kind: 'settled',
      branch: 'bosun-01task-sum',
      note: expect.stringContaining(`\`${obstacle}\` is in the way of \`${BRANCH}\``),
    });
  });

  test('is not replaced when nothing is in the way, however similar other branches are', async () => {
    await open();
    await push('bosun-old');
    await push('bosun/01task-summary');
    await push('team/bosun');
    expect(await harness.publisher.settleBranch(await harness.task())).toMatchObject({ branch: BRANCH, note: null });
  });

  test('when even the fallback is impossible ends with the branches that are in the way', async () => {
    await open();
    await push('bosun');
    await push('bosun-01task-sum/part');
    const settled = await harness.publisher.settleBranch(await harness.task());
    expect(settled).toMatchObject({ kind: 'failed', failure: { code: 'BRANCH_BLOCKED' } });
    expect(JSON.stringify(settled)).toContain('`bosun` is in the way');
    expect(JSON.stringify(settled)).toContain('`bosun-01task-sum/part` is in the way');
  });

  test('that appears while the agent works costs the name, not the work', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await push('bosun');
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    const task = await harness.task();
    expect(task.branch).toBe('bosun-01task-sum');
    expect(await harness.remote(task.branch)).toBe(task.publication.headSha);
    expect(harness.github.pulls(NAME)[0]).toMatchObject({ pull: { head: { ref: 'bosun-01task-sum' } } });
    expect(JSON.stringify(await harness.stores.tasks.events(task.id))).toContain('`bosun` is in the way');
  });

  test('is never reported as somebody else who pushes', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await push('bosun');
    await push('bosun-01task-sum/part');
    expect(await harness.publish()).toMatchObject({
      facts: { failure: { code: 'BRANCH_BLOCKED', detail: expect.stringContaining('bosun-01task-sum/part') } },
    });
  });
});

describe('a ruleset', () => {
  const RULES = {
    'reserves the name': [{ type: 'creation' }],
    'asks for another start': [
      { type: 'branch_name_pattern', parameters: { operator: 'starts_with', pattern: 'feature/' } },
    ],
    'forbids the name': [
      { type: 'branch_name_pattern', parameters: { operator: 'regex', pattern: '^bosun/', negate: true } },
    ],
  } satisfies Record<string, Ruleset['rules']>;

  test.each(Object.entries(RULES))(
    'that %s is read before anything is spent, and another name is used',
    async (_, rules) => {
      await open();
      await harness.github.addRuleset(NAME, { name: 'Naming', include: 'bosun/*', rules });
      expect(await harness.publisher.settleBranch(await harness.task())).toMatchObject({
        kind: 'settled',
        branch: 'bosun-01task-sum',
        note: expect.stringContaining('the ruleset `Naming` '),
      });
    },
  );

  test.each(Object.entries(RULES))('that %s on every branch is named before anything is spent', async (_, rules) => {
    await open();
    await harness.github.addRuleset(NAME, { name: 'Naming', include: '*', rules });
    const settled = await harness.publisher.settleBranch(await harness.task());
    // The last rule is about names with a slash only.
    const isPossible = rules === RULES['forbids the name'];
    expect(settled).toMatchObject(
      isPossible ? { branch: 'bosun-01task-sum' } : { failure: { code: 'BRANCH_BLOCKED' } },
    );
    expect(JSON.stringify(settled)).toContain('the ruleset `Naming` ');
  });

  test.each([
    ['that the App may bypass', { include: '*', bypass: 'always', rules: RULES['reserves the name'] }],
    ['that demands signatures, which GitHub makes', { include: '*', rules: [{ type: 'required_signatures' }] }],
    ['for other branches', { include: 'release/*', rules: RULES['reserves the name'] }],
    [
      'that the name satisfies',
      {
        include: '*',
        rules: [{ type: 'branch_name_pattern', parameters: { operator: 'starts_with', pattern: 'bosun/' } }],
      },
    ],
    [
      'whose expression cannot be read here',
      { include: '*', rules: [{ type: 'branch_name_pattern', parameters: { operator: 'regex', pattern: '(?i)^x' } }] },
    ],
  ] satisfies [string, Partial<Ruleset> & Pick<Ruleset, 'include' | 'rules'>][])(
    '%s is in no way',
    async (_, ruleset) => {
      await open();
      await harness.github.addRuleset(NAME, { name: 'Naming', ...ruleset });
      expect(await harness.publisher.settleBranch(await harness.task())).toMatchObject({ branch: BRANCH, note: null });
    },
  );

  test('is no obstacle where the server knows no rulesets', async () => {
    await open();
    harness.github.faults.add({ method: 'GET', path: /\/rules\/branches\//, status: 404, times: Infinity });
    expect(await harness.publisher.settleBranch(await harness.task())).toMatchObject({ branch: BRANCH, note: null });
  });

  test('that is made while the agent works costs the name, not the work', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.github.addRuleset(NAME, {
      name: 'Naming',
      include: 'bosun/*',
      rules: RULES['asks for another start'],
    });
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    const task = await harness.task();
    expect(task.branch).toBe('bosun-01task-sum');
    expect(await harness.remote(task.branch)).toBe(task.publication.headSha);
  });

  test('that is made for every branch while the agent works is named', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.github.addRuleset(NAME, { name: 'Naming', include: '*', rules: RULES['asks for another start'] });
    expect(await harness.publish()).toMatchObject({
      facts: { failure: { code: 'BRANCH_BLOCKED', detail: expect.stringContaining('start with `feature/`') } },
    });
  });
});

describe('a retry', () => {
  /** A further task of the thread, as `/retry` admits it. */
  async function retry(): Promise<Task> {
    const { id, ...first } = await harness.task();
    return { ...first, id: '01RETRY', retryOf: id, branch: 'bosun/01retry-sum', publication: UNPUBLISHED };
  }

  test('takes another name once a push was rejected, although no rule is listed', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.github.protectRef(NAME, { ref: 'refs/heads/bosun/*', message: 'Protected branch' });
    const published = await harness.publish();
    expect(published).toMatchObject({ facts: { failure: { code: 'PUSH_REJECTED' } } });
    await harness.stores.tasks.move({
      fence: fenceOf(await harness.task()),
      to: 'FAILED',
      now: new Date(),
      patch: { failure: failure('PUSH_REJECTED') },
      event: { kind: 'task.note', data: { note: 'rejected' } },
    });
    expect(await harness.publisher.settleBranch(await retry())).toMatchObject({
      branch: 'bosun-01retry-sum',
      note: `Uses the branch bosun-01retry-sum, because GitHub rejected a push to \`${BRANCH}\`.`,
    });
  });

  test('continues on the branch and the pull request of the task it repeats', async () => {
    await open({ result: { ending: 'budget' } });
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.publish();
    const { publication } = await harness.task();
    expect(await harness.publisher.settleBranch(await retry())).toMatchObject({
      branch: BRANCH,
      publication: { headSha: publication.headSha, pullNumber: publication.pullNumber },
      note: `Continues pull request #${publication.pullNumber} of task 01TASK.`,
    });
  });

  test('continues on a branch that only lacks its pull request', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    harness.github.faults.add({ method: 'POST', path: /\/pulls$/, status: 422 });
    expect(await harness.publish()).toMatchObject({ facts: { failure: { code: 'PULL_REQUEST_REJECTED' } } });
    expect(await harness.publisher.settleBranch(await retry())).toMatchObject({
      branch: BRANCH,
      publication: { headSha: await harness.remote(), pullNumber: null },
    });
  });

  test.each([
    ['merged', 'merged'],
    ['closed', 'usable'],
  ] as const)('takes a new branch once the pull request was %s', async (how, earlier) => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.publish();
    const number = (await harness.task()).publication.pullNumber ?? 0;
    if (how === 'merged') {
      await harness.github.markReady({ repository: NAME, number }, { as: 'ada' });
      await harness.github.mergePull({ repository: NAME, number }, { as: 'ada' });
    } else {
      await harness.github.closeIssue({ repository: NAME, number }, { as: 'ada' });
    }
    expect(await harness.publisher.settleBranch(await retry())).toMatchObject({
      branch: 'bosun/01retry-sum',
      publication: null,
      earlier,
    });
  });

  test('takes a new branch once the old one was deleted', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    harness.github.faults.add({ method: 'POST', path: /\/pulls$/, status: 422 });
    await harness.publish();
    await harness.github.deleteBranch(NAME, { as: 'ada', branch: BRANCH });
    expect(await harness.publisher.settleBranch(await retry())).toMatchObject({ branch: 'bosun/01retry-sum' });
  });
});

describe('a commit that somebody pushed to the branch', () => {
  test('is continued from when the task goes on, and published on the same pull request', async () => {
    await open({ result: { ending: 'budget' } });
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.publish();
    const before = await harness.task();
    const from = before.publication.headSha ?? '';
    const { sha: theirs } = await harness.github.pushCommit(NAME, { as: 'ada', files: OWN, branch: BRANCH, from });
    harness.advance(3 * 60_000);
    expect(await harness.publisher.settleBranch(before)).toMatchObject({
      branch: BRANCH,
      publication: { headSha: theirs, pullNumber: before.publication.pullNumber },
      note: `Continues from ${theirs.slice(0, 12)}, which was pushed to ${BRANCH} in the meantime.`,
    });
    const retried = { ...before, id: '01RETRY', retryOf: before.id, publication: UNPUBLISHED };
    expect(await harness.publisher.settleBranch(retried)).toMatchObject({
      branch: BRANCH,
      publication: { headSha: theirs },
    });
  });

  test('is not mistaken for one that GitHub does not show yet', async () => {
    await open({ result: { ending: 'budget' } });
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.publish();
    await push(BRANCH);
    expect(await harness.publisher.settleBranch(await harness.task())).toMatchObject({ publication: null, note: null });
  });
});

test('commits that were pushed before get their pull request without anything new', async () => {
  await open();
  await harness.work({ 'src/sum.js': 'a + b\n' });
  harness.github.faults.add({ method: 'POST', path: /\/pulls$/, status: 422 });
  await harness.publish();
  await harness.again();
  expect(await harness.publish()).toMatchObject({
    facts: { kind: 'pushed', headSha: await harness.remote(), isEarlier: true },
  });
  expect(harness.github.pulls(NAME)).toHaveLength(1);
});

test('a branch that git confirmed is not pushed again, whatever the API shows of it', async () => {
  await open();
  for (const remoteSha of [null, 'other', 'ours']) {
    expect(decideTarget({ headSha: 'ours', remoteSha, lastPushedSha: 'ours', pull: null, isPullOurs: false })).toEqual({
      do: 'go_on',
    });
  }
});
