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

test('a repository named .github whose default branch is not main is worked on like any other', async () => {
  const talk = await issueIn('.github', { defaultBranch: 'trunk', files: { 'README.md': '# Trunk\n' } });
  await talk.comment('/implement');
  const task = await talk.waitForTask((row) => row.state === 'COMPLETED');
  expect(task.baseBranch).toBe('trunk');
  const [pull] = scenario().github.pulls('odd/.github');
  expect(pull?.pull?.base.ref).toBe('trunk');
});

test.each([
  ['--base', 'release/9', 'BASE_BRANCH_MISSING', /base branch does not exist/i],
  ['--path', 'packages/none', 'PATH_MISSING', /directory of `--path` does not exist/i],
  ['--path', 'README.md', 'PATH_MISSING', /`README\.md` is a file/],
])('%s %s, which does not exist, fails by name before a worker starts', async (flag, value, code, reason) => {
  const talk = await issueIn(`asked-${value.replaceAll('/', '-')}`, { files: { 'README.md': '# Asked\n' } });
  await talk.comment(`/implement ${flag} ${value}`);
  const task = await talk.waitForTask((row) => row.state === 'FAILED');
  expect(task).toMatchObject({ failure: { code }, spentNano: 0 });
  const comment = await talk.waitForReply(reason);
  expect(comment).toContain(value);
  expect(comment).toContain(flag);
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
