import { expect, test } from 'vitest';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import { withScenarios, type Conversation, type Scenario } from './open-scenario.ts';

const openScenario = withScenarios();

const FINDING = {
  path: 'src/extra.js',
  line: 2,
  symbol: 'half',
  kind: 'correctness',
  title: 'Rounds @everyone down',
  body: 'Half of 3 is 1.5. Fixes #1. ![x](https://evil.example/x.png)',
};

function script(findings: readonly object[]): ModelScript {
  return [{ toolUse: [{ name: 'finish', input: { status: 'done', summary: 'Read it.', output: { findings } } }] }];
}

/** A pull request of a person, in the repository or from a fork. */
async function openPull(scenario: Scenario, { fork = false } = {}): Promise<Conversation> {
  const { github } = scenario;
  const files = { 'src/extra.js': 'export function half(n) {\n  return Math.floor(n / 2);\n}\n' };
  if (fork) {
    await github.forkRepository(story.repository, { owner: story.reporter });
    const name = `${story.reporter}/${story.repository.split('/')[1] ?? ''}`;
    await github.pushCommit(name, { as: story.reporter, branch: 'half', files, message: 'Add half' });
  } else {
    await github.pushCommit(story.repository, { as: story.maintainer, branch: 'half', files, message: 'Add half' });
  }
  const { number } = await github.openPull(story.repository, {
    as: fork ? story.reporter : story.maintainer,
    title: 'Add half',
    head: fork ? `${story.reporter}:half` : 'half',
    body: 'Half of a number.',
  });
  return scenario.on({ repository: story.repository, number });
}

test.each([
  ['the repository', false],
  ['a fork', true],
])(
  'a pull request of %s gets one review, with comments on lines that it shows and the rest in its text',
  async (_, fork) => {
    const scenario = await openScenario({ script: script([FINDING, { ...FINDING, line: 90, symbol: 'third' }]) });
    const { github } = scenario;
    const pull = await openPull(scenario, { fork });
    expect(await pull.commentRouted('/review Look at the rounding.')).toMatch(/^task /);
    const task = await pull.waitForTask((row) => row.state === 'COMPLETED');
    expect(task).toMatchObject({ type: 'review', thread: pull.thread.number ? { kind: 'pull_request' } : {} });
    await scenario.waitUntilShown(() => github.issue(pull.thread).pull?.reviews.length === 1);

    const [review] = github.issue(pull.thread).pull?.reviews ?? [];
    expect(review).toMatchObject({ state: 'COMMENTED', commitSha: github.issue(pull.thread).pull?.head.sha });
    expect(review?.body).toContain('**2 findings**');
    expect(review?.body).toContain('0 confirmed by a reproduction that ran');
    expect(review?.body).toContain('`src/extra.js:90`');
    const [thread, ...others] = github.reviewThreads(pull.thread);
    expect(others).toEqual([]);
    expect(thread).toMatchObject({ path: 'src/extra.js', line: 2 });
    const said = thread?.comments[0]?.body ?? '';
    expect(said).toContain('🟡 **Suspected**');
    expect(said).not.toMatch(/@everyone(?!\u200B)\b(?<!`)|evil\.example\/x\.png\)|^Fixes #1/m);
    expect(github.violations).toEqual([]);
  },
);

test('the prompt has the diff and the description, and the worker starts at the head', async () => {
  const scenario = await openScenario({ script: script([]) });
  const pull = await openPull(scenario);
  await pull.comment('/review');
  const task = await pull.waitForTask((row) => row.state === 'COMPLETED');
  const body = JSON.stringify(scenario.model.calls[0]?.request);
  expect(body).toContain('change of src/extra.js (added)');
  expect(body).toContain('Math.floor(n / 2)');
  expect(body).toContain('Half of a number.');
  await scenario.waitUntilShown(() => (scenario.github.issue(pull.thread).pull?.reviews.length ?? 0) === 1);
  expect(scenario.github.issue(pull.thread).pull?.reviews[0]?.body).toContain('**No bug was found**');
  expect(task.outcome).toMatchObject({ kind: 'reported' });
});

test('what an earlier review said is not said again while its conversation is open', async () => {
  const scenario = await openScenario({ script: script([FINDING]) });
  const { github } = scenario;
  const pull = await openPull(scenario);
  await pull.comment('/review');
  await scenario.waitUntilShown(() => github.reviewThreads(pull.thread).length === 1);
  scenario.model.setScript(script([{ ...FINDING, line: 1 }]));
  await pull.comment('/review');
  await scenario.waitUntilShown(() => github.issue(pull.thread).pull?.reviews.length === 2);
  expect(github.reviewThreads(pull.thread)).toHaveLength(1);
  expect(github.issue(pull.thread).pull?.reviews[1]?.body).toContain('Said before');
});

test('on an issue the answer says where it works', async () => {
  const scenario = await openScenario({ script: [] });
  expect(await scenario.commentRouted('/review')).toBe('refused: thread kind');
  expect(await scenario.waitForReply(/works on pull requests/)).toContain('Comment `/review` on the pull request');
});
