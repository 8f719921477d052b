import { expect, test } from 'vitest';
import { story } from '../../demo/story.ts';
import { withScenario, type Conversation } from './open-scenario.ts';

/** What Bosun writes is paced for each installation; several let many tests be answered at once. */
const HOUSES = ['north', 'south', 'east', 'west', 'middle'];

// Nothing here needs a worker: one slot, and the model never answers.
const scenario = withScenario({
  script: [{ fault: 'hang' }],
  settings: { BOSUN_CONCURRENCY: '1', BOSUN_TASKS_PER_USER_PER_HOUR: '1000' },
  async prepare(github) {
    for (const owner of HOUSES) {
      github.createUser({ login: owner, type: 'Organization' });
      await github.createRepository({ owner, name: 'clock', files: { 'README.md': '# Clock\n' } });
      github.setPermission(`${owner}/clock`, story.maintainer, 'maintain');
    }
  },
});
let opened = 0;

/** An issue in one house after the other. */
function newIssue(): Conversation {
  opened += 1;
  return scenario().openIssue({ repository: `${HOUSES[opened % HOUSES.length] ?? ''}/clock` });
}

const REFUSED = ['confused'];
const TAKEN = ['eyes'];

/** Says something and resolves with the reply to it and the reactions on it. */
async function ask(talk: Conversation, body: string): Promise<{ reply: string; reactions: string[] }> {
  const known = talk.answers().length;
  const comment = await talk.comment(body);
  await scenario().waitUntilShown(() => talk.answers().length > known && comment.reactions.length > 0);
  return { reply: talk.answers()[known]?.body ?? '', reactions: comment.reactions.map(({ content }) => content) };
}

async function tasksOf(talk: Conversation): Promise<number> {
  const repositoryId = scenario().github.repository(talk.thread.repository).id;
  const tasks = await scenario().bosun.storage.stores.tasks.list({ repositoryId, limit: 500 });
  return tasks.filter((task) => task.thread.number === talk.thread.number).length;
}

test('a misspelt command is answered with the nearest one and starts nothing', async () => {
  const talk = newIssue();
  const { reply, reactions } = await ask(talk, '/implment please');
  expect(reply).toContain('/implement');
  expect(reactions).toEqual(REFUSED);
  expect(await tasksOf(talk)).toBe(0);
});

test.each([
  ['a quote', '> /implement\n\nI would not say that.'],
  ['a code fence', '```\n/implement\n```'],
  ['an indented block', 'As in:\n\n    /implement\n'],
  ['a code span', '`/implement`'],
  ['an HTML comment', 'Hello <!--\n/implement\n--> there'],
  ['the middle of a line', 'Somebody should say /implement here'],
])('/implement in %s is not a command', async (_where, body) => {
  const talk = newIssue();
  expect(await talk.commentRouted(body)).toBe('ignored: no command');
  expect(talk.answers()).toEqual([]);
  expect(await tasksOf(talk)).toBe(0);
});

test('someone without write access is refused once a thread, however often they ask', async () => {
  const talk = newIssue();
  const first = await talk.comment('/implement', { as: story.stranger });
  await talk.waitForReply(/write access/);
  await scenario().waitUntilShown(() => first.reactions.length > 0);
  expect(first.reactions.map(({ content }) => content)).toEqual(REFUSED);
  for (const body of ['/implement', '/cancel', '/status']) {
    expect(await talk.commentRouted(body, { as: story.stranger })).toContain('refused');
  }
  await ask(talk, '/status');
  expect(talk.answers().filter(({ body }) => body.includes('write access'))).toHaveLength(1);
  expect(await tasksOf(talk)).toBe(0);
});

test('a bot is passed by without a word, also one with write access', async () => {
  const { github } = scenario();
  const talk = newIssue();
  github.createUser({ login: 'lint-robot[bot]', type: 'Bot' });
  github.setPermission(talk.thread.repository, 'lint-robot[bot]', 'write');
  expect(await talk.commentRouted('/implement', { as: 'lint-robot[bot]' })).toMatch(/^ignored: bot/);
  expect(talk.answers()).toEqual([]);
});

test('what Bosun itself writes is never read as a command', async () => {
  const talk = newIssue();
  const { reply } = await ask(talk, '/help');
  expect(reply).toContain('/implement');
  const notes = await scenario().routed();
  const own = scenario().github.deliveries.findLast((one) => one.body.includes('performed_via_github_app":{'));
  expect(notes.get(own?.guid ?? '')).toBe('ignored: own comment');
  expect(await tasksOf(talk)).toBe(0);
});

test('an edit never starts anything', async () => {
  const { github } = scenario();
  const talk = newIssue();
  const comment = await talk.comment('Something harmless');
  github.editComment(
    { repository: talk.thread.repository, id: comment.id },
    { as: story.maintainer, body: '/implement' },
  );
  const notes = await scenario().routed();
  const edit = github.deliveries.findLast((one) => one.event === 'issue_comment' && one.action === 'edited');
  expect(notes.get(edit?.guid ?? '')).toBe('ignored: comment edited');
  expect(await tasksOf(talk)).toBe(0);
});

test('a closed issue is answered with how to continue', async () => {
  const talk = newIssue();
  await scenario().github.closeIssue(talk.thread, { as: story.maintainer });
  const { reply, reactions } = await ask(talk, '/implement');
  expect(reply).toContain('Reopen it');
  expect(reactions).toEqual(REFUSED);
  await scenario().github.reopenIssue(talk.thread, { as: story.maintainer });
  expect(await talk.commentRouted('/implement')).toMatch(/^task /);
});

test('a locked issue starts nothing', async () => {
  const talk = newIssue();
  scenario().github.lockIssue(talk.thread, { as: story.maintainer });
  expect(await talk.commentRouted('/implement')).toBe('refused: locked');
  expect(await tasksOf(talk)).toBe(0);
});

test.each(['its own branch', 'a fork'])(
  '/implement on a pull request from %s is answered with where to comment it',
  async (from) => {
    const { github } = scenario();
    const isFork = from === 'a fork';
    const owner = isFork ? story.reporter : story.maintainer;
    const where = isFork ? await github.forkRepository(story.repository, { owner, name: 'howlong-fork' }) : null;
    const branch = isFork ? 'from-afar' : 'from-near';
    await github.pushCommit(where === null ? story.repository : `${owner}/howlong-fork`, {
      as: owner,
      branch,
      files: { 'NOTES.md': `${from}\n` },
    });
    const pull = await github.openPull(story.repository, {
      as: owner,
      title: 'Notes',
      head: isFork ? `${owner}:${branch}` : branch,
    });
    const talk = scenario().on({ repository: story.repository, number: pull.number });
    const { reply, reactions } = await ask(talk, '/implement');
    expect(reply).toContain('Open an issue');
    expect(reactions).toEqual(REFUSED);
    expect(await tasksOf(talk)).toBe(0);
  },
);

test.each([
  ['/cancel', /nothing to cancel/],
  ['/stop', /nothing to cancel/],
  ['/pause', /nothing to pause/],
  ['/resume', /\/retry/],
  ['/retry', /\/implement/],
  ['/budget +5', /\/implement --budget/],
  ['/plan', /not available/],
  ['/implement --budget lots', /--budget/],
  ['/implement --model claude-sonet-5', /claude-sonnet-5/],
  ['/implement --frobnicate', /--frobnicate/],
  ['/implement --budget 1000000', /\$50/],
  ['/implement --timeout 100h', /8 h/],
])('%s with nothing to do it to is refused with the way out', async (body, wayOut) => {
  const talk = newIssue();
  const { reply, reactions } = await ask(talk, body);
  expect(reply).toMatch(wayOut);
  expect(reactions).toEqual(REFUSED);
  expect(await tasksOf(talk)).toBe(0);
});

test('/status, /help and /budget answer on a thread without a task', async () => {
  const talk = newIssue();
  const status = await ask(talk, '/status');
  expect(status.reply).toContain('No task has run on this thread');
  expect(status.reactions).toEqual(TAKEN);
  const help = await ask(talk, '/help');
  expect(help.reply).toContain('/cancel');
  const budget = await ask(talk, '/budget');
  expect(budget.reply).toMatch(/repository.*\$50/);
  expect(budget.reply).toMatch(/server.*\$200/);
});

test('the label starts a task and is answered on the issue; another label is passed by', async () => {
  const { github } = scenario();
  const talk = newIssue();
  github.addLabel(talk.thread, { as: story.maintainer, label: 'help wanted' });
  await scenario().routed();
  expect(await tasksOf(talk)).toBe(0);

  github.addLabel(talk.thread, { as: story.maintainer, label: 'bosun' });
  const task = await talk.waitForTask(() => true);
  expect(task.trigger).toMatchObject({ kind: 'label', commentId: null });
  await scenario().waitUntilShown(() => github.issue(talk.thread).reactions.some(({ content }) => content === 'eyes'));
  await scenario().waitUntilShown(() => talk.answers().length === 1);
  expect(await tasksOf(talk)).toBe(1);
});

test('a label put on by someone without write access starts nothing', async () => {
  const { github } = scenario();
  const talk = newIssue();
  github.setPermission(talk.thread.repository, story.stranger, 'triage');
  github.addLabel(talk.thread, { as: story.stranger, label: 'bosun' });
  await talk.waitForReply(/write access/);
  expect(await tasksOf(talk)).toBe(0);
});

test('several commands in one comment are each carried out', async () => {
  const talk = newIssue();
  await talk.comment('/help\n/budget');
  await talk.waitForReply(/\/cancel/);
  await talk.waitForReply(/\| Budget \|/);
  expect(talk.answers()).toHaveLength(2);
});
