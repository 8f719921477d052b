import { expect, test } from 'vitest';
import type { Fault } from '../../demo/github/http/faults.ts';
import type { RequestRecord } from '../../demo/github/http/request-log.ts';
import { story } from '../../demo/story.ts';
import type { CrashingBosun } from '../crash/start-crashing-bosun.ts';
import { withDeployment, type Deployment } from './deployment.ts';

const open = withDeployment();
const THREAD = { repository: story.repository, number: 1 };

/** What Bosun makes on GitHub in this story, how often, and what there must be of it at the end. */
const KINDS: readonly {
  kind: string;
  path: RegExp;
  made: number;
  found: (deployment: Deployment) => Promise<number>;
}[] = [
  { kind: 'reaction', path: /\/reactions$/, made: 2, found: async (deployment) => countReactions(deployment) },
  {
    kind: 'status comment',
    path: /\/issues\/1\/comments$/,
    made: 2,
    found: async (deployment) => ownComments(deployment).filter((body) => body.includes('Draft pull request')).length,
  },
  {
    kind: 'reply',
    path: /nothing beside the comments/,
    made: 0,
    found: async (deployment) => ownComments(deployment).filter((body) => body.includes('bosun:reply-')).length,
  },
  { kind: 'branch', path: /\/git-receive-pack$/, made: 1, found: countBranches },
  {
    kind: 'pull request',
    path: /\/pulls$/,
    made: 1,
    found: async ({ github }) => github.pulls(story.repository).length,
  },
  {
    kind: 'check run',
    path: /\/check-runs$/,
    made: 1,
    found: async ({ github }) => github.checkRuns(story.repository).length,
  },
];
/** Of two commands. */
const EXPECTED = { reaction: 2, 'status comment': 1, reply: 1, branch: 1, 'pull request': 1, 'check run': 1 };

function ownComments({ github }: Deployment): string[] {
  return github
    .comments(THREAD)
    .filter(({ user }) => user.login === github.app.botLogin)
    .map(({ body }) => body);
}

function countReactions({ github }: Deployment): number {
  return github.comments(THREAD).flatMap(({ reactions }) => reactions.filter(({ content }) => content === 'eyes'))
    .length;
}

async function countBranches({ github }: Deployment): Promise<number> {
  const { stdout } = await github.git(story.repository, ['for-each-ref', '--format=%(refname)', 'refs/heads/bosun']);
  return stdout.toString().trim().split('\n').length;
}

function isHit({ method, path, status }: RequestRecord): boolean {
  return method === 'POST' && status === 0 && KINDS.some((kind) => kind.path.test(path));
}

interface Play {
  readonly deployment: Deployment;
  /** Starts a Bosun on the one machine of this play. */
  next(): Promise<CrashingBosun>;
  /** The first of them. */
  readonly first: CrashingBosun;
}

async function play(fault: Fault, times?: 1): Promise<Play> {
  const script = [
    { toolUse: [{ name: 'bash', input: { command: 'echo done > DONE.md' } }] },
    { text: 'Wrote it down.' },
  ];
  const deployment = await open({ script });
  for (const { made, path } of KINDS) {
    deployment.github.faults.add({ method: 'POST', path, times: times ?? made, ...fault });
  }
  const dataDir = await deployment.addMachine();
  async function next(): Promise<CrashingBosun> {
    const bosun = deployment.start({ dataDir });
    await deployment.deliverTo(bosun);
    return bosun;
  }
  const first = await next();
  for (const body of ['/implement', '/status']) {
    deployment.github.comment(THREAD, { as: story.maintainer, body });
    await deployment.github.settled();
  }
  return { deployment, next, first };
}

async function expectOneOfEach(deployment: Deployment): Promise<void> {
  const { github } = deployment;
  await deployment.waitForTasks(1, (row) => row.finishedAt !== null, { timeoutMs: 120_000 });
  await github.waitForRequest(() => github.checkRuns(story.repository).some(({ status }) => status === 'completed'));
  await github.waitForRequest(() => ownComments(deployment).some((body) => body.includes('Draft pull request #')));
  await github.waitForRequest(() => countReactions(deployment) === 2 && ownComments(deployment).length >= 2);
  const found: Record<string, number> = {};
  for (const { found: count, kind } of KINDS) {
    found[kind] = await count(deployment);
  }
  expect(found).toEqual(EXPECTED);
  expect(ownComments(deployment)).toHaveLength(2);
}

test.each([
  ['the answer is lost', { dropResponse: 'after' as const }],
  ['the answer is a 502', { status: 502, afterwards: true }],
])(
  'of everything there is exactly one, though %s after each act',
  async (_how, fault) => {
    const { deployment } = await play(fault);
    await expectOneOfEach(deployment);
  },
  120_000,
);

test('of everything there is exactly one, though Bosun is killed after each act, before it gets the answer', async () => {
  const { deployment, first, next } = await play({ hang: true, afterwards: true }, 1);
  const kinds = KINDS.filter(({ made }) => made > 0);
  let running = first;
  for (let kills = 1; kills <= kinds.length; kills += 1) {
    await deployment.github.waitForRequest(() => deployment.github.requests.filter(isHit).length >= kills);
    await running.kill();
    running = await next();
  }
  await expectOneOfEach(deployment);
}, 300_000);
