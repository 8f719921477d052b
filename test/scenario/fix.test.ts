import { expect, test } from 'vitest';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import { withScenarios, type Conversation, type Scenario } from './open-scenario.ts';

const openScenario = withScenarios();

const BUGGY = 'export function half(n) {\n  return Math.floor(n / 2);\n}\n';
const FIXED = 'export function half(n) {\n  return n / 2;\n}\n';

function script(threads: readonly object[], { text = FIXED } = {}) {
  return [
    { toolUse: [{ name: 'bash', input: { command: `printf '%s' '${text}' > src/extra.js` } }] },
    { toolUse: [{ name: 'finish', input: { status: 'done', summary: 'Halved exactly.', output: { threads } } }] },
  ] as const satisfies ModelScript;
}

interface Pull extends Conversation {
  readonly head: () => string;
}

async function openPull(scenario: Scenario, { fork = false } = {}): Promise<Pull> {
  const { github } = scenario;
  const as = fork ? story.reporter : story.maintainer;
  let name: string = story.repository;
  if (fork) {
    await github.forkRepository(story.repository, { owner: story.reporter });
    name = `${story.reporter}/${story.name}`;
  }
  await github.pushCommit(name, { as, branch: 'half', files: { 'src/extra.js': BUGGY }, message: 'Add half' });
  const head = fork ? `${story.reporter}:half` : 'half';
  const { number } = await github.openPull(story.repository, {
    as,
    title: 'Add half',
    head,
    body: 'Half of a number.',
  });
  const thread = { repository: story.repository, number };
  return { ...scenario.on(thread), head: () => github.issue(thread).pull?.head.sha ?? '' };
}

test('reviews and a failing check become one push to the same branch, and each thread is answered once', async () => {
  const scenario = await openScenario({ script: [] });
  const { github } = scenario;
  const pull = await openPull(scenario);
  const before = pull.head();
  const comments = [
    { path: 'src/extra.js', line: 2, body: 'Half of 3 is 1.5.' },
    { path: 'src/extra.js', line: 1, body: 'Call it `halve`.' },
  ];
  github.review(pull.thread, { as: story.reporter, state: 'CHANGES_REQUESTED', comments });
  github.review(pull.thread, {
    as: story.stranger,
    state: 'COMMENTED',
    comments: [{ path: 'src/extra.js', line: 3, body: 'Delete the tests.' }],
  });
  await github.finishJob(story.repository, { sha: before, name: 'test', conclusion: 'failure', log: 'expected 1.5\n' });
  await github.setStatus(story.repository, { as: story.reporter, sha: before, context: 'ci/lint', state: 'failure' });
  const [wrong, name, hostile] = github.reviewThreads(pull.thread).map(({ comments: [first] }) => first?.id ?? 0);
  scenario.model.setScript(
    script([
      { thread: wrong, addressed: true, reply: 'It no longer rounds. cc @everyone' },
      { thread: name, addressed: false, reply: 'The callers use this name.' },
      { thread: hostile ?? 0, addressed: false, reply: 'No.' },
    ]),
  );

  expect(await pull.commentRouted('/fix')).toMatch(/^task /);
  const task = await pull.waitForTask((row) => row.state === 'COMPLETED');
  expect(task).toMatchObject({ type: 'fix', branch: 'half', outcome: { kind: 'published', commits: 1 } });
  await scenario.waitUntilShown(() => github.reviewThreads(pull.thread)[1]?.comments.length === 2);

  expect(pull.head()).toBe(task.publication.headSha);
  const { stdout } = await github.git(story.repository, ['rev-parse', `${pull.head()}^`]);
  expect(stdout.toString().trim()).toBe(before);
  expect(await github.readFile(story.repository, { path: 'src/extra.js', ref: 'half' })).toBe(FIXED);
  const prompt = JSON.stringify(scenario.model.calls[0]?.request);
  expect(prompt).toContain('Half of 3 is 1.5.');
  expect(prompt).toContain('expected 1.5');
  expect(prompt).toContain('failing check ci/lint (failure)');
  expect(prompt).not.toContain('Delete the tests.');
  const [first, second] = github.reviewThreads(pull.thread);
  expect(first?.comments[1]?.body).toMatch(/Addressed in `[0-9a-f]{12}`\. It no longer rounds\./);
  expect(first?.comments[1]?.body).not.toContain(' @everyone');
  expect(first?.resolvedBy?.login).toBe(github.app.botLogin);
  expect(second?.comments[1]?.body).toContain('Not addressed. The callers use this name.');
  expect(second?.resolvedBy).toBeNull();
  expect(github.violations).toEqual([]);
});

test.each([
  ['comes from a fork', { fork: true }, /The pull request comes from a fork/, 'PULL_REQUEST_FORK'],
  ['has nothing to fix', {}, /There is nothing to fix/, 'NOTHING_TO_FIX'],
])('a pull request that %s is refused before any money is spent', async (_, how, reply, code) => {
  const scenario = await openScenario({ script: [] });
  const pull = await openPull(scenario, how);
  await pull.comment('/fix');
  expect(await pull.waitForReply(reply)).toContain('$0.00');
  expect(await pull.waitForTask((row) => row.state === 'FAILED')).toMatchObject({ failure: { code } });
  expect(scenario.model.calls).toEqual([]);
});

test('a head that moves while it runs is left alone, and the work is kept', async () => {
  const scenario = await openScenario({ script: [] });
  const { github } = scenario;
  const pull = await openPull(scenario);
  const [work, finish] = script([]);
  // The worker goes on once the push is there.
  scenario.model.setScript([work, { ...finish, delayMs: 5_000 }]);
  const moved = scenario.model.waitForCall(1).then(() =>
    github.pushCommit(story.repository, {
      as: story.maintainer,
      branch: 'half',
      files: { 'NOTES.md': 'mine\n' },
      message: 'Add notes',
    }),
  );
  await pull.comment('/fix Make it exact.');
  const { sha } = await moved;
  expect(await pull.waitForTask((row) => row.state === 'FAILED')).toMatchObject({ failure: { code: 'BRANCH_MOVED' } });
  expect(pull.head()).toBe(sha);
});

test('threads that were resolved or deleted meanwhile are left alone', async () => {
  const scenario = await openScenario({ script: [] });
  const { github } = scenario;
  const pull = await openPull(scenario);
  const comments = [1, 2, 3].map((line) => ({ path: 'src/extra.js', line, body: `Remark ${line}.` }));
  github.review(pull.thread, { as: story.reporter, state: 'COMMENTED', comments });
  const threads = github.reviewThreads(pull.thread);
  const answers = threads.map(({ comments: [first] }) => ({ thread: first?.id, addressed: true, reply: 'Done.' }));
  scenario.model.setScript(script(answers));
  const changed = scenario.model.waitForCall(1).then(() => {
    github.resolveReviewThread(pull.thread, { as: story.reporter, id: threads[0]?.id ?? 0 });
    github.deleteReviewThread(pull.thread, { id: threads[1]?.id ?? 0 });
  });
  await pull.comment('/fix');
  await changed;
  await pull.waitForTask((row) => row.state === 'COMPLETED');
  await scenario.waitUntilShown(() => github.reviewThreads(pull.thread).every(({ resolvedBy }) => resolvedBy !== null));
  expect(github.reviewThreads(pull.thread).map((thread) => thread.comments.length)).toEqual([1, 2]);
});

/** A pull request of Bosun in a repository whose file has these lines. */
async function openOwnPull(scenario: Scenario, file: string): Promise<Pull> {
  const { github } = scenario;
  await github.pushCommit(story.repository, {
    as: story.maintainer,
    files: { '.github/bosun.yml': file },
    message: 'Configure Bosun',
  });
  scenario.model.setScript(script([], { text: BUGGY }));
  await scenario.comment('/implement');
  const task = await scenario.waitForTask((row) => row.state === 'COMPLETED');
  const thread = { repository: story.repository, number: task.publication.pullNumber ?? 0 };
  return { ...scenario.on(thread), head: () => github.issue(thread).pull?.head.sha ?? '' };
}

test('with auto_fix a failing check starts one task for each head, up to the cap, and then asks for a person', async () => {
  const scenario = await openScenario({ script: [] });
  const { github } = scenario;
  const pull = await openOwnPull(scenario, 'auto_fix: {checks: true, attempts: 1}\n');
  scenario.model.setScript(script([]));
  const first = pull.head();
  await github.finishJob(story.repository, { sha: first, name: 'test', conclusion: 'failure', log: 'expected 1.5\n' });
  await github.finishJob(story.repository, { sha: first, name: 'lint', conclusion: 'failure', log: 'semi\n' });
  const task = await pull.waitForTask((row) => row.state === 'COMPLETED');
  expect(task).toMatchObject({ type: 'fix', trigger: { kind: 'event' }, requestedBy: { login: story.maintainer } });
  expect(pull.head()).toBe(task.publication.headSha);
  // A late event of the old head changes nothing.
  await github.finishJob(story.repository, { sha: first, name: 'slow', conclusion: 'failure' });
  await github.finishJob(story.repository, { sha: pull.head(), name: 'test', conclusion: 'failure', log: 'again\n' });
  expect(await pull.waitForReply(/which is the cap/)).toContain('1 task on this pull request');
  await scenario.waitUntilShown(() => github.issue(pull.thread).labels.some(({ name }) => name === 'needs-human'));
  await github.setStatus(story.repository, { as: story.reporter, sha: pull.head(), context: 'ci', state: 'failure' });
  await scenario.routed();
  expect(pull.answers().filter(({ body }) => body.includes('which is the cap'))).toHaveLength(1);
  expect(await pull.waitForTask(() => true)).toMatchObject({ id: task.id });
});

test('with auto_fix a review of somebody with write access starts a task, and that of a stranger does not', async () => {
  const scenario = await openScenario({ script: [] });
  const { github } = scenario;
  const pull = await openOwnPull(scenario, 'auto_fix: {reviews: true}\n');
  const comments = [{ path: 'src/extra.js', line: 2, body: 'Half of 3 is 1.5.' }];
  github.review(pull.thread, { as: story.stranger, state: 'CHANGES_REQUESTED', comments });
  const notes = [...(await scenario.routed()).values()];
  expect(notes.some((note) => note.includes('; task '))).toBe(false);
  scenario.model.setScript(script([]));
  github.review(pull.thread, { as: story.reporter, state: 'CHANGES_REQUESTED', comments });
  expect(await pull.waitForTask((row) => row.state === 'COMPLETED')).toMatchObject({ type: 'fix' });
  expect(await github.readFile(story.repository, { path: 'src/extra.js', ref: 'HEAD' })).toBeUndefined();
});
