import { expect, test } from 'vitest';
import type { ModelScript } from '../../demo/model/model-script.ts';
import { story } from '../../demo/story.ts';
import { withScenario, type Conversation } from './open-scenario.ts';

const WRITE_FILE: ModelScript = [
  { toolUse: [{ name: 'bash', input: { command: 'echo done > DONE.md' } }] },
  { text: 'Wrote it.' },
];

const scenario = withScenario({ script: WRITE_FILE });

async function issueIn(
  name: string,
  repository: { files?: Record<string, string>; defaultBranch?: string } = {},
): Promise<Conversation> {
  const { github } = scenario();
  github.createUser({ login: 'odd', type: 'Organization' });
  await github.createRepository({ owner: 'odd', name, ...repository });
  github.setPermission(`odd/${name}`, story.maintainer, 'maintain');
  return scenario().openIssue({ repository: `odd/${name}` });
}

test('an empty repository fails with what to do, costs nothing and can be retried once it has a commit', async () => {
  const talk = await issueIn('empty');
  await talk.comment('/implement');
  const task = await talk.waitForTask((row) => row.state === 'FAILED');
  expect(task).toMatchObject({ failure: { code: 'REPOSITORY_EMPTY' }, spentNano: 0 });
  expect(await talk.waitForReply(/no commits/)).toContain('/retry');

  await scenario().github.pushCommit(talk.thread.repository, {
    as: story.maintainer,
    files: { 'README.md': '# Now\n' },
  });
  await talk.comment('/retry');
  const second = await talk.waitForTask((row) => row.state === 'COMPLETED');
  expect(second.baseBranch).toBe('main');
});

test('a default branch that is not main is the base of the work and of the pull request', async () => {
  const talk = await issueIn('trunk', { defaultBranch: 'trunk', files: { 'README.md': '# Trunk\n' } });
  await talk.comment('/implement');
  const task = await talk.waitForTask((row) => row.state === 'COMPLETED');
  expect(task.baseBranch).toBe('trunk');
  const [pull] = scenario().github.pulls('odd/trunk');
  expect(pull?.pull?.base.ref).toBe('trunk');
});

test('a base branch that does not exist fails by name before a worker starts', async () => {
  const talk = await issueIn('based', { files: { 'README.md': '# Based\n' } });
  await talk.comment('/implement --base release/9');
  const task = await talk.waitForTask((row) => row.state === 'FAILED');
  expect(task).toMatchObject({ failure: { code: 'BASE_BRANCH_MISSING' }, spentNano: 0 });
  const comment = await talk.waitForReply(/base branch does not exist/i);
  expect(comment).toContain('release/9');
  expect(comment).toContain('--base');
});

test('an issue of 65,536 characters is worked on', async () => {
  const talk = await issueIn('long', { files: { 'README.md': '# Long\n' } });
  const long = scenario().openIssue({ repository: talk.thread.repository, body: `${'word '.repeat(13_107)}!` });
  await long.comment('/implement');
  const task = await long.waitForTask((row) => row.state === 'COMPLETED');
  expect(task.text.body).toHaveLength(65_536);
  const sent = scenario().model.calls.find((call) => JSON.stringify(call.request).length > 65_536);
  expect(sent).toBeDefined();
});

test('an issue that is transferred away while its task waits ends the task', async () => {
  const talk = await issueIn('from', { files: { 'README.md': '# From\n' } });
  await issueIn('to', { files: { 'README.md': '# To\n' } });
  const fault = scenario().github.faults.add({
    method: 'GET',
    path: /^\/repos\/odd\/from\/issues\/\d+$/,
    status: 502,
    times: Infinity,
  });
  const hit = fault.nextHit();
  await talk.comment('/implement');
  await hit;
  scenario().github.transferIssue(talk.thread, { as: story.maintainer, repository: 'odd/to' });
  fault.remove();
  const task = await talk.waitForTask((row) => row.state === 'FAILED' || row.state === 'CANCELLED');
  expect(task.failure?.code).toBe('ISSUE_GONE');
  expect(task.spentNano).toBe(0);
});
