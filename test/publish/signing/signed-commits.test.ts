import { afterEach, describe, expect, test } from 'vitest';
import type { Fault } from '../../../demo/github/http/faults.ts';
import { NAME, openHarness, type PublishingHarness } from '../publishing-harness.ts';

const BRANCH = 'bosun/01task-sum';
const SIGNED = { task: { signedCommits: true } };
/** Two commits, of which the second deletes, and has bytes that are no text. */
const FIRST = { 'src/sum.js': 'a + b\n', 'docs/notes.md': 'Grüße 🙂\r\nno line end' };
const SECOND = { 'src/deep/data.txt': '\ufeffmarked\n', 'README.md': '# Motor\n' };

let harness: PublishingHarness;
afterEach(() => harness.close());

async function open(settings: Parameters<typeof openHarness>[0] = {}): Promise<void> {
  harness = await openHarness(settings);
}

async function gitText(...args: string[]): Promise<string> {
  return (await harness.github.git(NAME, args)).stdout.toString().trim();
}

/** The commits of the branch that the default branch does not have, the newest first. */
async function commitsOf(branch = BRANCH): Promise<string[]> {
  return (await gitText('rev-list', branch, '^main')).split('\n');
}

async function expectSigned(commits: number): Promise<void> {
  const shas = await commitsOf();
  expect(shas).toHaveLength(commits);
  const { signedCommits } = harness.github.repository(NAME);
  expect(shas.filter((sha) => !signedCommits.has(sha))).toEqual([]);
}

describe('with signed_commits: true', () => {
  test('GitHub makes and signs the commits, and their trees are the ones that were approved', async () => {
    await open(SIGNED);
    await harness.work(FIRST, 'Fix the sum');
    const tip = await harness.work(SECOND, 'Rename the engine');
    const published = await harness.publish();
    const headSha = await harness.remote();
    expect(published).toMatchObject({ kind: 'done', facts: { kind: 'pushed', headSha, commits: 2 } });
    await expectSigned(2);

    const repository = await harness.attempts.find(await harness.attempt());
    const { git } = await import('../../git/git-client.ts');
    const approved = await git(repository?.path ?? '', 'rev-parse', `${tip}^{tree}`, `${tip}^^{tree}`);
    expect(await gitText('rev-parse', `${BRANCH}^{tree}`, `${BRANCH}^^{tree}`)).toBe(approved);
    expect(await gitText('log', '-1', '--format=%an, %cn%n%B', BRANCH)).toBe(
      [
        'bosun-local[bot], GitHub',
        'Rename the engine',
        '',
        `Made by Bosun for #${harness.issue}, task 01TASK.`,
        '',
        `Co-authored-by: mia <${(await harness.task()).requestedBy.id}+mia@users.noreply.127.0.0.1>`,
      ].join('\n'),
    );
    expect(harness.github.pulls(NAME)[0]?.pull?.head.sha).toBe(headSha);
    expect(harness.github.violations).toEqual([]);
    expect(harness.github.requests.filter(({ path }) => path.includes('receive-pack'))).toEqual([]);
  });

  test('the token is for one repository, and revoked', async () => {
    await open(SIGNED);
    await harness.work(FIRST);
    await harness.publish();
    const made = harness.github.requests.filter(({ path }) => path.endsWith('/git/commits'));
    const revoked = harness.github.requests.filter(
      ({ method, path }) => `${method} ${path}` === 'DELETE /installation/token',
    );
    expect(made).toHaveLength(1);
    expect(revoked.map(({ tokenId }) => tokenId)).toContain(made[0]?.tokenId);
  });

  test('more work goes on the same branch, on top of the signed commits', async () => {
    await open(SIGNED);
    await harness.work(FIRST);
    await harness.publish();
    const first = await harness.remote();
    await harness.again();
    await harness.work(SECOND);
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed', commits: 1 } });
    await expectSigned(2);
    expect((await commitsOf())[1]).toBe(first);
    expect(harness.github.pulls(NAME)).toHaveLength(1);
  });

  test('a branch of somebody else is left alone', async () => {
    await open(SIGNED);
    const { sha } = await harness.github.pushCommit(NAME, { as: 'ada', files: { own: 'mine\n' }, branch: BRANCH });
    await harness.work(FIRST);
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    expect(await harness.remote()).toBe(sha);
    expect((await harness.task()).branch).toBe(`${BRANCH}-again-1`);
  });

  test('somebody who pushes before the branch is set is not overwritten', async () => {
    await open(SIGNED);
    await harness.work(FIRST);
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

  test('a branch that excludes the name is avoided', async () => {
    await open(SIGNED);
    await harness.github.pushCommit(NAME, { as: 'ada', files: { own: 'mine\n' }, branch: 'bosun' });
    await harness.work(FIRST);
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    expect((await harness.task()).branch).toBe('bosun-01task-sum');
  });

  test('commits that GitHub does not sign are never on a branch', async () => {
    await open(SIGNED);
    await harness.work(FIRST);
    harness.github.world.repositories.forEach((repository) => {
      repository.signedCommits = new (class extends Set<string> {
        override has(): boolean {
          return false;
        }
      })();
    });
    expect(await harness.publish()).toMatchObject({
      facts: { kind: 'failed', failure: { code: 'NOT_SIGNED', detail: expect.stringContaining('unsigned') } },
    });
    expect(await harness.remote()).toBeNull();
  });

  test('a tree that is not the approved one is never on a branch', async () => {
    await open(SIGNED);
    await harness.work(FIRST);
    const other = await gitText('rev-parse', 'main^{tree}');
    harness.github.faults.add({ method: 'POST', path: /git\/trees$/, status: 201, body: { sha: other } });
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'failed', failure: { code: 'NOT_SIGNED' } } });
    expect(await harness.remote()).toBeNull();
  });
});

describe('without the key, where signatures are required', () => {
  const ruleset = (include: string): Promise<void> =>
    harness.github.addRuleset(NAME, { name: 'Signed', include, rules: [{ type: 'required_signatures' }] });

  test.each([
    ['by a ruleset for all branches', () => ruleset('*')],
    ['by a ruleset for the base branch', () => ruleset('main')],
    ['by the protection of the base branch', () => harness.github.requireSignatures(NAME, 'refs/heads/main')],
  ] as const)('%s, GitHub signs', async (_, require) => {
    await open();
    await require();
    await harness.work(FIRST);
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    await expectSigned(1);
  });

  test('by a rule that nobody can see, GitHub signs after the first refusal', async () => {
    await open();
    await harness.github.requireSignatures(NAME, 'refs/heads/bosun/*');
    await harness.work(FIRST);
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    await expectSigned(1);
    expect((await harness.task()).branch).toBe(BRANCH);
  });

  test('a server without rulesets gets a push', async () => {
    await open();
    harness.github.faults.add({ path: /\/rules\/branches|\/graphql/, status: 404, times: Infinity });
    await harness.work(FIRST);
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    expect(harness.github.repository(NAME).signedCommits.size).toBe(0);
  });

  test('`signed_commits: false` tells what the rule says', async () => {
    await open({ task: { signedCommits: false } });
    await ruleset('bosun/*');
    await harness.work(FIRST);
    expect(await harness.publish()).toMatchObject({
      facts: { failure: { code: 'PUSH_REJECTED', detail: expect.stringContaining('verified signatures') } },
    });
  });
});

describe('whoever dies on the way, there is one branch and one line of commits', () => {
  async function expectOneLine(): Promise<void> {
    await expectSigned(2);
    expect(harness.github.pulls(NAME)).toHaveLength(1);
    const branches = await gitText('for-each-ref', '--format=%(refname:short)', 'refs/heads');
    expect(branches.split('\n')).toEqual([BRANCH, 'main']);
    expect((await harness.task()).publication.headSha).toBe(await harness.remote());
    const kinds = await harness.eventKinds();
    for (const kind of ['task.pushed', 'task.published']) {
      expect(kinds.filter((other) => other === kind)).toHaveLength(1);
    }
  }

  test.each(['gate_passed', 'before_signing', 'signed', 'before_push', 'pushed', 'before_pull', 'pull_opened'])(
    'at %s',
    async (point) => {
      await open(SIGNED);
      await harness.work(FIRST);
      await harness.work(SECOND);
      const crash = harness.publish({
        onStep: (step) => {
          if (step === point) {
            throw new Error('crash');
          }
        },
      });
      await expect(crash).rejects.toThrow('crash');
      expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
      await expectOneLine();
    },
  );

  test.each([0, 1, 2, 3, 4, 5, 6, 7])('between recording and acting, at record %i', async (nth) => {
    await open(SIGNED);
    await harness.work(FIRST);
    await harness.work(SECOND);
    for (const when of ['before', 'after'] as const) {
      let left = nth;
      const { tasks } = harness.stores;
      const dying: Pick<typeof tasks, 'find' | 'record'> = {
        find: tasks.find,
        async record(change) {
          const dies = left === 0;
          left -= 1;
          if (dies && when === 'before') {
            throw new Error('crash');
          }
          const recorded = await tasks.record(change);
          if (dies) {
            throw new Error('crash');
          }
          return recorded;
        },
      };
      await harness.publish({ tasks: dying }).catch((error: Error) => expect(error.message).toBe('crash'));
    }
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    await expectOneLine();
  });

  const answers: readonly (readonly [string, Fault])[] = [
    ['blob', { method: 'POST', path: /git\/blobs$/, dropResponse: 'after' }],
    ['tree', { method: 'POST', path: /git\/trees$/, dropResponse: 'after' }],
    ['first commit', { method: 'POST', path: /git\/commits$/, dropResponse: 'after' }],
    ['branch', { method: 'POST', path: /git\/refs$/, dropResponse: 'after' }],
    ['token', { method: 'POST', path: /access_tokens$/, dropResponse: 'after', times: 3 }],
  ];
  test.each(answers)('when the answer to the %s is lost', async (_, fault) => {
    await open(SIGNED);
    await harness.work(FIRST);
    await harness.work(SECOND);
    const planted = harness.github.faults.add(fault);
    const first = await harness.publish();
    expect(planted.hits).toBeGreaterThan(0);
    planted.remove();
    expect(first.kind).toBe('wait');
    harness.advance(60_000);
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    await expectOneLine();
  });

  test('a signed commit that GitHub has lost by then is made again', async () => {
    await open(SIGNED);
    await harness.work(FIRST);
    await harness.work(SECOND);
    await expect(
      harness.publish({
        onStep: (step) => {
          if (step === 'before_push') {
            throw new Error('crash');
          }
        },
      }),
    ).rejects.toThrow('crash');
    await harness.github.git(NAME, ['prune', '--expire=now']);
    expect(await harness.publish()).toMatchObject({ kind: 'wait' });
    expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
    await expectOneLine();
  });
});
