import { expect, test } from 'vitest';
import { story } from '../../demo/story.ts';
import { withScenario, type Conversation } from './open-scenario.ts';

const scenario = withScenario({ script: [{ fault: 'hang' }], settings: { BOSUN_CONCURRENCY: '1' } });

/** A repository of its own with this file, and an issue on it. */
async function issueWith(name: string, file: string): Promise<Conversation> {
  const { github } = scenario();
  const owner = `${name}-house`;
  github.createUser({ login: owner, type: 'Organization' });
  await github.createRepository({ owner, name, files: { 'README.md': '# It\n', '.github/bosun.yml': file } });
  github.setPermission(`${owner}/${name}`, story.maintainer, 'maintain');
  return scenario().openIssue({ repository: `${owner}/${name}` });
}

test.each([
  {
    name: 'typo',
    mistake: 'a typo in a key',
    file: 'verify: npm test\nmax_turn: 5\n',
    says: [/bosun\.yml:2`/, /max_turn/, /max_turns/],
  },
  {
    name: 'wrong-type',
    mistake: 'a wrong type',
    file: '\nmax_turns: many\n',
    says: [/bosun\.yml:2`/, /`max_turns`/, /whole number/],
  },
  {
    name: 'unknown-key',
    mistake: 'an unknown key',
    file: 'verify: npm test\n\nbudget:\n  task: 2\n  weekly: 9\n',
    says: [/bosun\.yml:5`/, /budget\.weekly/, /task/, /month/],
  },
  {
    name: 'not-yaml',
    mistake: 'no YAML at all',
    file: 'verify: [npm, test\nmodel: x\n',
    says: [/bosun\.yml:\d+`/],
  },
])('$mistake in the file is answered with its place, nothing starts, and once fixed it works', async (row) => {
  const talk = await issueWith(row.name, row.file);
  expect(await talk.commentRouted('/implement')).toBe('refused: repository file');
  const reply = await talk.waitForReply(/nothing was started/);
  for (const expected of row.says) {
    expect(reply).toMatch(expected);
  }

  await scenario().github.pushCommit(talk.thread.repository, {
    as: story.maintainer,
    files: { '.github/bosun.yml': 'verify: node --test\nmax_turns: 7\n' },
  });
  expect(await talk.commentRouted('/implement')).toMatch(/^task /);
  const task = await talk.waitForTask(() => true);
  expect(task.settings).toMatchObject({ maxTurns: 7, verify: 'node --test' });
});

test('a mistake is not shown to people who may not start anything', async () => {
  const talk = await issueWith('private-mistake', 'max_turns: many\n');
  await talk.comment('/implement', { as: story.stranger });
  expect(await talk.waitForReply(/./)).toMatch(/write access/);
  await talk.comment('Just talking');
  await scenario().routed();
  expect(talk.answers()).toHaveLength(1);
});

test('the file of another branch does not count', async () => {
  const talk = await issueWith('branches', 'max_turns: 11\n');
  await scenario().github.pushCommit(talk.thread.repository, {
    as: story.maintainer,
    branch: 'other',
    files: { '.github/bosun.yml': 'max_turns: 999\n' },
  });
  await talk.commentRouted('/implement --base other');
  const task = await talk.waitForTask(() => true);
  expect(task.settings).toMatchObject({ maxTurns: 11, baseBranch: 'other' });
});

test('a prefix and labels of the file hold, and the ones they replace do not', async () => {
  const talk = await issueWith('prefixed', 'commands:\n  prefix: "/bosun "\nlabels:\n  robot: implement --budget 3\n');
  expect(await talk.commentRouted('/implement')).toBe('ignored: no command');
  scenario().github.addLabel(talk.thread, { as: story.maintainer, label: 'bosun' });
  await scenario().routed();
  expect(talk.answers()).toEqual([]);
  scenario().github.addLabel(talk.thread, { as: story.maintainer, label: 'robot' });
  const task = await talk.waitForTask(() => true);
  expect(task.budgetNano).toBe(3e9);
  expect(await talk.commentRouted('/bosun status')).toBe('status shown');
});
