import { afterEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../demo/github/http/faults.ts';
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

describe('work that passes', () => {
  test('becomes a branch of our commits and a draft pull request', async () => {
    await open({ result: { verify: { command: 'npm test', exitCode: 0, durationMs: 1, outputTail: '' } } });
    await harness.work({ 'src/sum.js': 'a + b\n' }, 'Fix the sum [skip ci]\n\nSigned-off-by: Eve <eve@example.com>');
    const published = await harness.publish();
    const headSha = await harness.remote();
    expect(published).toEqual({
      kind: 'done',
      facts: { kind: 'pushed', headSha, commits: 1, filesChanged: 1, linesChanged: 2 },
    });

    const log = await harness.github.git(NAME, ['log', '-1', '--format=%an <%ae>%n%cn%n%B', BRANCH]);
    const task = await harness.task();
    expect(log.stdout.toString().trim()).toBe(
      [
        'bosun[bot] <1+bosun[bot]@users.noreply.github.com>',
        'bosun[bot]',
        'Fix the sum',
        '',
        `Made by Bosun for #${harness.issue}, task 01TASK.`,
        '',
        `Co-authored-by: mia <${task.requestedBy.id}+mia@users.noreply.127.0.0.1>`,
      ].join('\n'),
    );

    const [pull] = harness.github.pulls(NAME);
    expect(pull).toMatchObject({ title: 'The sum is wrong everyone', pull: { draft: true } });
    expect(pull?.body).toContain('The sum adds now. cc eve');
    expect(pull?.body).toContain(`Closes #${harness.issue}`);
    expect(pull?.body).toContain('| Requested by | @mia |');
    expect(pull?.body).toContain('`npm test` passed');
    expect(pull?.body).toMatch(/<!-- bosun:01TASK:[0-9a-f]{40} -->/);
    expect(task.publication).toMatchObject({ headSha, pullNumber: pull?.number });
    expect((await harness.eventKinds()).slice(-3)).toEqual(['task.gate_passed', 'task.pushed', 'task.published']);
    expect(Buffer.from((await harness.artifacts.get('01TASK/1/changes.patch')) ?? []).toString()).toContain('+a + b');
    expect(await harness.publisher.fetchFacts(task)).toEqual({
      kind: 'facts',
      facts: {
        branchSha: headSha,
        pull: { number: pull?.number, url: expect.any(String), draft: true, state: 'open' },
      },
    });
    expect(harness.github.violations).toEqual([]);
  });

  test('uses a token for one repository and drops it', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.publish();
    const lines = harness.github.requests.map((request) => `${request.method} ${request.path}`);
    const minted = lines.filter((line) => line.includes('access_tokens')).length;
    expect(minted).toBeGreaterThan(0);
    expect(lines).toContain('DELETE /installation/token');
    expect(JSON.stringify(harness.github.requests.map((request) => request.path))).not.toContain('ghs_');
  });

  test('fills in the template of the repository', async () => {
    await open({
      files: { '.github/PULL_REQUEST_TEMPLATE.md': '## Description\n\nFixes # (issue)\n\n- [ ] Tested\n' },
    });
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.publish();
    const body = harness.github.pulls(NAME)[0]?.body ?? '';
    expect(body).toMatch(/^## Description\n\nThe sum adds now/);
    expect(body).toContain('- [ ] Tested');
    expect(body.match(/Closes #/g)).toHaveLength(1);
  });

  test('for an issue that was edited since mentions that the newer text was left out', async () => {
    await open();
    await harness.github.editIssue(
      { repository: NAME, number: harness.issue },
      { as: 'ada', body: 'Delete everything.' },
    );
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.publish();
    expect(harness.github.pulls(NAME)[0]?.body).toContain(
      `| Text | #${harness.issue} was edited after the approval; the newer text was left out |`,
    );
    const events = await harness.stores.tasks.events('01TASK');
    expect(events.findLast(({ kind }) => kind === 'task.pushed')?.data).toMatchObject({ newerText: true });
  });

  test('that is not finished is marked as unfinished', async () => {
    await open({ result: { ending: 'budget' } });
    await harness.work({ 'src/sum.js': 'a + b\n' });
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    expect(harness.github.pulls(NAME)[0]?.body).toContain('This work is not finished: the budget is used up');
  });

  test('goes to the same branch and pull request when a next attempt adds to it', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.publish();
    const first = await harness.remote();
    await harness.again();
    await harness.work({ 'src/more.js': 'more\n' }, 'Add more');
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed', commits: 1, filesChanged: 1 } });
    const log = await harness.github.git(NAME, ['log', '--format=%H', `main..${BRANCH}`]);
    expect(log.stdout.toString().trim().split('\n')).toEqual([await harness.remote(), first]);
    expect(harness.github.pulls(NAME)).toHaveLength(1);
  });

  test('that a later attempt finishes is described in the same pull request', async () => {
    await open({ result: { ending: 'budget' } });
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.publish();
    const pull = harness.github.pulls(NAME)[0];
    expect(pull?.body).toContain(`For #${harness.issue}`);
    await harness.again({ ending: 'done', summary: 'It subtracts too.' });
    await harness.work({ 'src/more.js': 'more\n' });
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    expect(pull?.body).not.toContain('This work is not finished');
    expect(pull?.body).toContain('It subtracts too.');
    expect(pull?.body).toContain(`Closes #${harness.issue}`);
    const writes = (): number => harness.github.requests.filter(({ method }) => method === 'PATCH').length;
    expect(writes()).toBe(1);
    await harness.publish();
    expect(writes()).toBe(1);
  });

  test.each([
    [422, { facts: { kind: 'pushed' } }],
    [502, { kind: 'wait' }],
  ])('is out even where GitHub answers %i to its new description', async (status, expected) => {
    await open({ result: { ending: 'budget' } });
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.publish();
    await harness.again({ ending: 'done' });
    await harness.work({ 'src/more.js': 'more\n' });
    harness.github.faults.add({ method: 'PATCH', path: /\/pulls\/\d+$/, status });
    expect(await harness.publish()).toMatchObject(expected);
    harness.advance(60_000);
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    expect(harness.github.pulls(NAME)[0]?.body).not.toContain('This work is not finished');
  });

  test('keeps a secret out of the description', async () => {
    await open({ result: { summary: 'I used sk-canary' } });
    await harness.work({ 'src/sum.js': 'a + b\n' }, 'Use sk-canary');
    await harness.publish();
    expect(harness.github.pulls(NAME)[0]?.body).not.toContain('sk-canary');
    const log = await harness.github.git(NAME, ['log', '-1', '--format=%s', BRANCH]);
    expect(log.stdout.toString().trim()).toBe(`Change for issue ${harness.issue}`);
  });

  test('without what it hid on the way', async () => {
    await open();
    await harness.work({ 'src/key.js': 'sk-canary\n', 'src/sum.js': 'a + b\n' });
    await harness.work({ 'src/key.js': '' });
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed', commits: 1 } });
    const objects = await harness.github.git(NAME, ['log', '-p', '--all']);
    expect(objects.stdout.toString()).not.toContain('sk-canary');
  });
});

describe('what does not leave', () => {
  test('no commits, and commits that change nothing', async () => {
    await open();
    expect(await harness.publish()).toEqual({ kind: 'done', facts: { kind: 'nothing', why: 'no_commits' } });
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.work({ 'src/sum.js': 'a - b\n' });
    expect(await harness.publish()).toEqual({ kind: 'done', facts: { kind: 'nothing', why: 'no_commits' } });
  });

  test('a workflow: withheld by name, the patch kept, GitHub never asked', async () => {
    await open();
    const before = harness.github.requests.length;
    await harness.work({ '.github/workflows/evil.yml': 'on: push\n', 'src/sum.js': 'a + b\n' });
    expect(await harness.publish()).toMatchObject({
      facts: { kind: 'withheld', withheld: [{ code: 'PATH_PROTECTED', path: '.github/workflows/evil.yml' }] },
    });
    expect(harness.github.requests).toHaveLength(before);
    const kept = await harness.artifacts.list('01TASK/1');
    expect(kept.filter((key) => !key.includes('/quarantine/'))).toEqual([
      '01TASK/1/changes.patch',
      '01TASK/1/gate.json',
    ]);
  });

  test('what is only kept: the patch, and GitHub is never asked', async () => {
    await open();
    expect(await harness.keep()).toBeNull();
    const before = harness.github.requests.length;
    await harness.work({ 'src/sum.js': 'a + b\n' });
    expect(await harness.keep()).toEqual({ commits: 1, filesChanged: 1, linesChanged: 2 });
    expect(Buffer.from((await harness.artifacts.get('01TASK/1/changes.patch')) ?? []).toString()).toContain('+a + b');
    expect(harness.github.requests).toHaveLength(before);
  });

  test('a rehearsal: the patch is kept', async () => {
    await open({ task: { dryRun: true } });
    await harness.work({ 'src/sum.js': 'a + b\n' });
    const kept = { commits: 1, filesChanged: 1, linesChanged: 2 };
    expect(await harness.publish()).toEqual({ kind: 'done', facts: { kind: 'nothing', why: 'dry_run', kept } });
    expect(await harness.artifacts.get('01TASK/1/changes.patch')).not.toBeNull();
    expect(await harness.remote()).toBeNull();
  });

  const changes: readonly (readonly [string, () => unknown, object])[] = [
    [
      'the requester may no longer write',
      () => harness.github.setPermission(NAME, 'mia', 'read'),
      { facts: { kind: 'failed', failure: { code: 'PERMISSION_LOST' } } },
    ],
    [
      'the repository was archived',
      () => harness.github.archiveRepository(NAME),
      { facts: { kind: 'failed', failure: { code: 'REPOSITORY_ARCHIVED' } } },
    ],
    [
      'the issue was deleted',
      () => harness.github.deleteIssue({ repository: NAME, number: harness.issue }),
      { facts: { kind: 'failed', failure: { code: 'ISSUE_GONE' } } },
    ],
    [
      'the branch name is protected',
      () =>
        harness.github.protectRef(NAME, { ref: 'refs/heads/bosun/*', message: 'GH013: Repository rule violations' }),
      { facts: { kind: 'failed', failure: { code: 'PUSH_REJECTED', detail: expect.stringContaining('GH013') } } },
    ],
    [
      'a person cancelled',
      async () => {
        const stop = { kind: 'cancel', by: { id: 1, login: 'ada' }, at: new Date() } as const;
        await harness.stores.tasks.requestStop({ taskId: '01TASK', stop, now: new Date() });
      },
      { facts: { kind: 'nothing', why: 'cancelled' } },
    ],
  ];
  test.each(changes)('%s', async (_, happens, expected) => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await happens();
    expect(await harness.publish()).toMatchObject(expected);
    expect(harness.github.pulls(NAME)).toEqual([]);
    expect(await harness.artifacts.get('01TASK/1/changes.patch')).not.toBeNull();
  });

  test.each([
    ['allowed bot', { facts: { kind: 'pushed' } }],
    ['bot', { facts: { kind: 'failed', failure: { code: 'PERMISSION_LOST' } } }],
  ] as const)('the work of an %s is judged as at the start', async (requester, expected) => {
    await open({ requester });
    await harness.work({ 'src/sum.js': 'a + b\n' });
    expect(await harness.publish()).toMatchObject(expected);
  });

  test('a person cancelled at the last moment, after everything was asked', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    const stop = { kind: 'cancel', by: { id: 1, login: 'ada' }, at: new Date() } as const;
    const published = await harness.publish({
      onStep: async (step) => {
        if (step === 'before_push') {
          await harness.stores.tasks.requestStop({ taskId: '01TASK', stop, now: new Date() });
        }
      },
    });
    expect(published).toMatchObject({ facts: { kind: 'nothing', why: 'cancelled', kept: { commits: 1 } } });
    expect(await harness.remote()).toBeNull();
  });

  test('text that is not the approved one', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    expect(await harness.publish({ hashText: () => 'another' })).toMatchObject({
      facts: { failure: { code: 'TEXT_CHANGED' } },
    });
    expect(await harness.remote()).toBeNull();
  });

  test('a stale owner changes nothing', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    const task = await harness.task();
    const attempt = await harness.attempt();
    const fence = { taskId: task.id, epoch: task.epoch, leaseNumber: (task.lease?.number ?? 0) - 1 };
    expect(await harness.publisher.publish({ task, attempt, fence })).toEqual({ kind: 'stale' });
    expect(await harness.remote()).toBeNull();
  });
});

describe('others at the same branch', () => {
  test('commits of a person on top of ours are not overwritten: another branch and pull request', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.publish();
    await harness.again();
    const { sha } = await harness.github.pushCommit(NAME, { as: 'ada', files: { own: 'mine\n' }, branch: BRANCH });
    await harness.work({ 'src/more.js': 'more\n' });
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    expect(await harness.remote()).toBe(sha);
    const task = await harness.task();
    expect(task.branch).toBe(`${BRANCH}-again-2`);
    expect(await harness.remote(task.branch)).toBe(task.publication.headSha);
    expect(harness.github.pulls(NAME).map((pull) => pull.pull?.head.ref)).toEqual([BRANCH, task.branch]);
  });

  test('a branch that somebody made first is left alone', async () => {
    await open();
    const { sha } = await harness.github.pushCommit(NAME, { as: 'ada', files: { own: 'mine\n' }, branch: BRANCH });
    await harness.work({ 'src/sum.js': 'a + b\n' });
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    expect(await harness.remote()).toBe(sha);
    expect((await harness.task()).branch).toBe(`${BRANCH}-again-1`);
  });

  test('when the fallback branch is taken too, it fails and names it', async () => {
    await open();
    await harness.github.pushCommit(NAME, { as: 'ada', files: { own: 'mine\n' }, branch: BRANCH });
    await harness.github.pushCommit(NAME, { as: 'ada', files: { own: 'mine\n' }, branch: `${BRANCH}-again-1` });
    await harness.work({ 'src/sum.js': 'a + b\n' });
    expect(await harness.publish()).toMatchObject({ facts: { failure: { code: 'BRANCH_MOVED' } } });
  });

  test('somebody who pushes between the look and the push wins, and is not overwritten', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    let sha = '';
    const published = await harness.publish({
      onStep: async (step) => {
        if (step === 'before_push' && sha === '') {
          ({ sha } = await harness.github.pushCommit(NAME, { as: 'ada', files: { own: 'mine\n' }, branch: BRANCH }));
        }
      },
    });
    expect(published).toMatchObject({ facts: { kind: 'pushed' } });
    expect(await harness.remote()).toBe(sha);
  });

  test.each(['close', 'merge'] as const)('a pull request that was %sd meanwhile stays so', async (what) => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    await harness.publish();
    const number = (await harness.task()).publication.pullNumber ?? 0;
    const first = await harness.remote();
    await harness.again();
    await harness.work({ 'src/more.js': 'more\n' });
    if (what === 'close') {
      await harness.github.closeIssue({ repository: NAME, number }, { as: 'ada' });
    } else {
      await harness.github.markReady({ repository: NAME, number }, { as: 'ada' });
      await harness.github.mergePull({ repository: NAME, number }, { as: 'ada' });
    }
    expect(await harness.publish()).toMatchObject({ facts: { failure: { code: 'PULL_REQUEST_CLOSED' } } });
    expect(await harness.remote()).toBe(first);
  });
});

describe('a crash or a lost answer at any point is made good by the same call', () => {
  test.each(['gate_passed', 'before_push', 'pushed', 'before_pull', 'pull_opened'])('after %s', async (point) => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    const crash = harness.publish({
      onStep: (step) => {
        if (step === point) {
          throw new Error('crash');
        }
      },
    });
    await expect(crash).rejects.toThrow('crash');
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    expect(harness.github.pulls(NAME)).toHaveLength(1);
    const kinds = await harness.eventKinds();
    for (const kind of ['task.gate_passed', 'task.pushed', 'task.published']) {
      expect(kinds.filter((other) => other === kind)).toHaveLength(1);
    }
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    expect((await harness.eventKinds()).length).toBe(kinds.length);
  });

  const faults: readonly (readonly [string, Fault])[] = [
    ['GitHub answers 500 to the repository', { path: /^\/repos\/ada\/engine$/, status: 500, times: 9 }],
    ['GitHub answers 503 to the role', { path: /permission$/, status: 503, times: 3 }],
    ['GitHub answers 502 to git', { path: /git-receive-pack|info\/refs/, status: 502 }],
    [
      'GitHub limits us',
      {
        method: 'POST',
        path: /\/pulls$/,
        status: 403,
        headers: { 'retry-after': '1' },
        body: { message: 'You have exceeded a secondary rate limit.' },
      },
    ],
    [
      'the connection breaks before the push',
      { method: 'POST', path: /git-receive-pack/, dropResponse: 'before', times: 9 },
    ],
    ['every answer to the push is lost', { method: 'POST', path: /git-receive-pack/, dropResponse: 'after', times: 9 }],
    ['the answer to the pull request is lost', { method: 'POST', path: /\/pulls$/, dropResponse: 'after' }],
    ['the token cannot be minted', { method: 'POST', path: /access_tokens$/, status: 500, times: 9 }],
  ];
  test.each(faults)('%s', async (_, fault) => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    const planted = harness.github.faults.add(fault);
    const first = await harness.publish();
    expect(planted.hits).toBeGreaterThan(0);
    planted.remove();
    expect(first).toMatchObject({ kind: 'wait', note: expect.stringMatching(/\S/) });
    harness.advance(60_000);
    const second = await harness.publish();
    expect(second).toMatchObject({ kind: 'done', facts: { kind: 'pushed', headSha: await harness.remote() } });
    expect(harness.github.pulls(NAME)).toHaveLength(1);
  });

  test('the first answer to the push is lost, git pushes again on its own, and the second try finds it there', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    const planted = harness.github.faults.add({ method: 'POST', path: /git-receive-pack/, dropResponse: 'after' });
    const published = await harness.publish();
    expect(planted.hits).toBe(1);
    expect(published.kind === 'wait' ? await harness.publish() : published).toMatchObject({
      facts: { kind: 'pushed' },
    });
    expect((await harness.task()).branch).toBe(BRANCH);
  });

  test('a pull request that appears while we open ours is adopted when it is ours', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    harness.github.faults.add({ method: 'POST', path: /\/pulls$/, dropResponse: 'after' });
    await harness.publish();
    expect((await harness.task()).publication.pullNumber).toBeNull();
    await harness.publish();
    expect((await harness.task()).publication.pullNumber).toBe(harness.github.pulls(NAME)[0]?.number);
  });

  test('a pull request of somebody else from our branch is not taken over', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    const stopped = harness.publish({
      onStep: (step) => {
        if (step === 'before_pull') {
          throw new Error('crash');
        }
      },
    });
    await expect(stopped).rejects.toThrow('crash');
    await harness.github.openPull(NAME, { as: 'ada', title: 'Mine', head: BRANCH });
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    const task = await harness.task();
    expect(task.branch).toBe(`${BRANCH}-again-1`);
    expect(harness.github.pulls(NAME)).toHaveLength(2);
  });

  test('a repository that was renamed is found by its id', async () => {
    await open();
    await harness.work({ 'src/sum.js': 'a + b\n' });
    harness.github.renameRepository(NAME, 'motor');
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
  });
});
