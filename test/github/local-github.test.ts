import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createGitHubApp } from '../../app/github/create-github-app.ts';
import type { GitHub, GitHubApp } from '../../app/github/github.ts';
import { createLocalGitHub } from '../../demo/github/create-local-github.ts';
import type { LocalGitHub } from '../../demo/github/local-github.ts';
import { createMemoryWriteLocks } from '../../app/store/memory/memory-write-locks.ts';

const NAME = 'octo/demo';
let local: LocalGitHub;
let app: GitHubApp;
let github: GitHub;
let ref: { id: number; owner: string; name: string };

beforeEach(async () => {
  local = await createLocalGitHub({ tokenFormat: 'long' });
  local.createUser({ login: 'octo' });
  local.createUser({ login: 'alice' });
  const repository = await local.createRepository({
    owner: 'octo',
    name: 'demo',
    files: { 'README.md': '# Demo\n', 'docs/a b.md': 'text\n' },
    private: true,
  });
  local.setPermission(NAME, 'alice', 'maintain');
  const installation = local.installApp(NAME);
  ref = { id: repository.id, owner: 'octo', name: 'demo' };
  app = createGitHubApp({
    appId: local.app.id,
    privateKey: local.app.privateKey,
    apiUrl: local.apiUrl,
    userAgent: 'bosun-test',
    clock: { now: () => local.clock.now() },
    writeLocks: createMemoryWriteLocks(),
  });
  github = app.installation(installation.id);
});

afterEach(async () => {
  const { violations } = local;
  await local.close();
  expect(violations).toEqual([]);
});

function value<T>(result: { ok: true; value: T } | { ok: false; problem: unknown }): T {
  expect(result).toMatchObject({ ok: true });
  return (result as { value: T }).value;
}

describe('on the local GitHub', () => {
  test('the App knows itself', async () => {
    expect(value(await app.fetchSelf())).toMatchObject({ appId: local.app.id, slug: local.app.slug });
  });

  test('a repository, its files, branches and people are read', async () => {
    expect(value(await github.fetchRepository(ref.id))).toMatchObject({
      ref,
      defaultBranch: 'main',
      isPrivate: true,
      archived: false,
    });
    expect(new TextDecoder().decode(value(await github.fetchFile(ref, { path: 'docs/a b.md', ref: 'main' })))).toBe(
      'text\n',
    );
    expect(await github.fetchFile(ref, { path: 'AGENTS.md', ref: 'main' })).toMatchObject({
      problem: { kind: 'not_found' },
    });
    expect(value(await github.fetchBranchSha(ref, 'main'))).toMatch(/^[0-9a-f]{40}$/);
    expect(await github.fetchBranchSha(ref, 'none')).toMatchObject({ problem: { kind: 'not_found' } });
    const alice = local.world.users.get('alice');
    expect(value(await github.fetchRole(ref, { id: alice?.id ?? 0, login: 'alice' }))).toBe('maintain');
    expect(value(await github.fetchRole(ref, { id: 1, login: 'alice' }))).toBe('none');
    expect(value(await github.fetchRole(ref, { id: 1, login: 'nobody-here' }))).toBe('none');
  });

  test('a thread is talked on', async () => {
    const issue = local.openIssue(NAME, { as: 'alice', title: 'It breaks', body: 'Really.' });
    const asked = local.comment({ repository: NAME, number: issue.number }, { as: 'alice', body: '/implement' });
    expect(value(await github.fetchThread(ref, issue.number))).toMatchObject({
      kind: 'issue',
      title: 'It breaks',
      author: { login: 'alice', isBot: false },
    });
    value(await github.addReaction(ref, { number: issue.number, commentId: asked.id, content: 'eyes' }));
    value(await github.addReaction(ref, { number: issue.number, commentId: asked.id, content: 'eyes' }));
    value(await github.addReaction(ref, { number: issue.number, commentId: null, content: '+1' }));
    const created = value(await github.createComment(ref, { number: issue.number, body: 'Hello' }));
    value(await github.updateComment(ref, { id: created.id, body: 'Hello again' }));
    const comments = value(await github.fetchComments(ref, issue.number));
    expect(comments.map(({ body, appId }) => [body, appId])).toEqual([
      ['/implement', null],
      ['Hello again', local.app.id],
    ]);
    expect(comments[1]?.author).toMatchObject({ id: local.app.botId, isBot: true });
  });

  test('work is pushed, opened as a draft and found again, and the token is worth nothing afterwards', async () => {
    const { sha } = await local.pushCommit(NAME, { as: 'octo', branch: 'bosun/x', files: { 'a.txt': 'a' } });
    const token = value(await github.withRepositoryToken(ref, 'publish', (given) => Promise.resolve(given)));
    const refused = await fetch(`${local.apiUrl}/repos/${NAME}`, { headers: { authorization: `token ${token}` } });
    expect(refused.status).toBe(401);

    const pull = value(
      await github.createPull(ref, { head: 'bosun/x', base: 'main', title: 'Mend it', body: '', draft: true }),
    );
    expect(pull).toMatchObject({ draft: true, state: 'open', headSha: sha, headRef: 'bosun/x' });
    expect(
      await github.createPull(ref, { head: 'bosun/x', base: 'main', title: 'Again', body: '', draft: true }),
    ).toMatchObject({
      problem: { kind: 'invalid', message: expect.stringContaining('already exists') },
    });
    expect(value(await github.findPullByHead(ref, 'bosun/x'))).toMatchObject({
      number: pull.number,
      authorAppId: local.app.id,
    });
    expect(value(await github.findPullByHead(ref, 'bosun/y'))).toBeNull();
    expect(value(await github.fetchPull(ref, pull.number))).toMatchObject({
      number: pull.number,
      authorAppId: local.app.id,
    });

    const check = { name: 'Bosun', headSha: sha, externalId: 'task-1', title: 'Title', summary: 'Summary' };
    const actions = [{ label: 'Retry', description: 'Once more', identifier: 'retry' }];
    const run = value(await github.createCheckRun(ref, { ...check, status: 'in_progress' }));
    value(
      await github.updateCheckRun(ref, { ...check, id: run.id, status: 'completed', conclusion: 'success', actions }),
    );
    expect(value(await github.findCheckRun(ref, check))).toEqual({ id: run.id });
    expect(value(await github.findCheckRun(ref, { ...check, externalId: 'task-2' }))).toBeNull();
    expect(local.checkRuns(NAME)).toMatchObject([{ conclusion: 'success' }]);
  });

  test('everything continues under the new name of a renamed repository', async () => {
    const issue = local.openIssue(NAME, { as: 'alice', title: 'It breaks' });
    local.renameRepository(NAME, 'renamed');
    value(await github.createComment(ref, { number: issue.number, body: 'Still here' }));
    expect(value(await github.fetchThread(ref, issue.number))).toMatchObject({ title: 'It breaks' });
    expect(local.comments({ repository: 'octo/renamed', number: issue.number })).toHaveLength(1);
  });

  test('tokens outlive their hour only by being minted again', async () => {
    const issue = local.openIssue(NAME, { as: 'alice', title: 'It breaks' });
    for (let hour = 0; hour < 8; hour += 1) {
      local.clock.advance(3_600_000);
      value(await github.createComment(ref, { number: issue.number, body: `hour ${hour}` }));
    }
    // The App's own signature is checked against the machine's clock there; installation tokens are what this is about.
    const refused = local.requests.filter(({ status, path }) => status === 401 && !path.endsWith('/access_tokens'));
    expect(refused).toEqual([]);
  });

  test.each([
    ['locked', 'forbidden'],
    ['deleted', 'gone'],
    ['archived', 'forbidden'],
    ['uninstalled', 'gone'],
  ])('a comment on what is %s is a problem of kind %s', async (what, kind) => {
    const issue = local.openIssue(NAME, { as: 'alice', title: 'It breaks' });
    const thread = { repository: NAME, number: issue.number };
    const acts: Record<string, () => void> = {
      locked: () => local.lockIssue(thread, { as: 'octo' }),
      deleted: () => local.deleteIssue(thread),
      archived: () => local.archiveRepository(NAME),
      uninstalled: () => local.uninstallApp('octo'),
    };
    acts[what]?.();
    expect(await github.createComment(ref, { number: issue.number, body: 'x' })).toMatchObject({
      ok: false,
      problem: { kind },
    });
  });

  test('deliveries that never arrived are found with what they carried', async () => {
    local.setWebhook({ url: 'http://127.0.0.1:9/closed', secret: 'not-a-secret' });
    local.openIssue(NAME, { as: 'alice', title: 'Missed' });
    await local.settled();
    const failed = value(await app.fetchFailedDeliveries(new Date(local.clock.now().getTime() - 3_600_000)));
    expect(failed.map(({ event }) => event)).toContain('issues');
    const missed = failed.find(({ event }) => event === 'issues');
    const delivery = value(await app.fetchDelivery(missed?.id ?? 0));
    expect(delivery).toMatchObject({ guid: missed?.guid, event: 'issues', payload: { issue: { title: 'Missed' } } });
  });
});
