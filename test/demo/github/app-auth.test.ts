import { generateKeyPairSync } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LocalGitHub } from '../../../demo/github/local-github.ts';
import { appClient, AT, client, NAME, openLocal, refusalOf } from './open-local.ts';

let github: LocalGitHub;

beforeEach(async () => {
  github = await openLocal();
});
afterEach(() => github.close());

async function mint(
  more: { repositories?: string[]; permissions?: Record<string, 'read' | 'write'> } = {},
): Promise<string> {
  const app = appClient(github);
  const { data: installation } = await app.rest.apps.getRepoInstallation(AT);
  const { data } = await app.rest.apps.createInstallationAccessToken({ installation_id: installation.id, ...more });
  return data.token;
}

test('octokit signs in as the app and finds its installations', async () => {
  const app = appClient(github);
  expect((await app.rest.apps.getAuthenticated()).data).toMatchObject({ id: github.app.id, slug: github.app.slug });
  const { data } = await app.rest.apps.listInstallations();
  expect(data.map(({ account }) => account && 'login' in account && account.login)).toEqual(['ada']);
});

test("a key that is not the app's is refused", async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const app = appClient(github, privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
  expect(await refusalOf(app.rest.apps.getAuthenticated())).toMatchObject({
    status: 401,
    message: 'A JSON web token could not be decoded',
  });
});

test('an installation token writes in the name of the bot', async () => {
  const octokit = client(github, await mint());
  const { data: issue } = await octokit.rest.issues.create({ ...AT, title: 'Hello' });
  expect(issue.user).toMatchObject({ login: `${github.app.slug}[bot]`, type: 'Bot', id: github.app.botId });
  expect(issue.performed_via_github_app).toMatchObject({ id: github.app.id });
});

test('a narrowed token has only what was asked for', async () => {
  const octokit = client(github, await mint({ repositories: ['engine'], permissions: { issues: 'read' } }));
  expect((await octokit.rest.issues.listForRepo(AT)).status).toBe(200);
  expect(await refusalOf(octokit.rest.issues.create({ ...AT, title: 'Hello' }))).toMatchObject({
    status: 403,
    message: 'Resource not accessible by integration',
  });
});

test('more than the installation has cannot be asked for', async () => {
  const app = appClient(github);
  const { data: installation } = await app.rest.apps.getRepoInstallation(AT);
  const at = { installation_id: installation.id };
  const admin = app.rest.apps.createInstallationAccessToken({ ...at, permissions: { administration: 'write' } });
  expect(await refusalOf(admin)).toMatchObject({
    status: 422,
    message: 'The permissions requested are not granted to this installation.',
  });
  const elsewhere = app.rest.apps.createInstallationAccessToken({ ...at, repositories: ['nowhere'] });
  expect(await refusalOf(elsewhere)).toMatchObject({ status: 422 });
});

test('a repository the app is not installed on is 403 when public and 404 when private', async () => {
  await github.createRepository({ owner: 'eve', name: 'open', installed: false, files: { a: 'b\n' } });
  await github.createRepository({ owner: 'eve', name: 'closed', private: true, installed: false, files: { a: 'b\n' } });
  const octokit = client(github, await mint());
  expect(await refusalOf(octokit.rest.issues.create({ owner: 'eve', repo: 'open', title: 'x' }))).toMatchObject({
    status: 403,
  });
  expect(await refusalOf(octokit.rest.issues.create({ owner: 'eve', repo: 'closed', title: 'x' }))).toMatchObject({
    status: 404,
  });
  expect(
    await refusalOf(appClient(github).rest.apps.getRepoInstallation({ owner: 'eve', repo: 'open' })),
  ).toMatchObject({
    status: 404,
  });
});

test('unknown, expired and revoked tokens are 401', async () => {
  const bad = { status: 401, message: 'Bad credentials' };
  expect(await refusalOf(client(github, 'ghs_unknown').rest.repos.get(AT))).toMatchObject(bad);
  const aging = client(github, await mint());
  await aging.rest.repos.get(AT);
  github.clock.advance(3_599_000);
  await aging.rest.repos.get(AT);
  github.clock.advance(2_000);
  expect(await refusalOf(aging.rest.repos.get(AT))).toMatchObject(bad);
  const dropped = client(github, await mint());
  await dropped.rest.apps.revokeInstallationAccessToken();
  expect(await refusalOf(dropped.rest.repos.get(AT))).toMatchObject(bad);
});

test('tokens of an installation that was removed or suspended stop working', async () => {
  const octokit = client(github, await mint());
  github.suspendApp('ada');
  expect(await refusalOf(octokit.rest.repos.get(AT))).toMatchObject({ status: 403 });
  github.uninstallApp('ada');
  expect((await refusalOf(octokit.rest.repos.get(AT))).status).toBeGreaterThanOrEqual(401);
});

test('the token format can be the long one of 2026', async () => {
  github.setTokenFormat('long');
  const token = await mint();
  expect(token).toMatch(/^ghs_[\w.-]{450,}$/);
  expect((await client(github, token).rest.apps.listReposAccessibleToInstallation()).data.total_count).toBe(1);
});

test('a workflow token is github-actions[bot] in its own repository only', async () => {
  await github.createRepository({ owner: 'ada', name: 'other', files: { a: 'b\n' } });
  const octokit = client(github, github.createWorkflowToken(NAME));
  const { data } = await octokit.rest.issues.create({ ...AT, title: 'From a workflow' });
  expect(data.user).toMatchObject({ login: 'github-actions[bot]', type: 'Bot' });
  expect(await refusalOf(octokit.rest.issues.create({ owner: 'ada', repo: 'other', title: 'x' }))).toMatchObject({
    status: 403,
  });
});

test('people may do what their role says', async () => {
  const issue = github.openIssue(NAME, { as: 'ada', title: 'Roles' });
  const at = { ...AT, issue_number: issue.number };
  const stranger = client(github, github.createPersonalToken('eve'));
  const writer = client(github, github.createPersonalToken('bea'));
  expect((await stranger.rest.issues.createComment({ ...at, body: 'Me too' })).status).toBe(201);
  expect(await refusalOf(stranger.rest.issues.addLabels({ ...at, labels: ['bug'] }))).toMatchObject({ status: 403 });
  expect((await writer.rest.issues.addLabels({ ...at, labels: ['bug'] })).status).toBe(200);
  expect((await stranger.rest.users.getAuthenticated()).data.login).toBe('eve');
  expect(await refusalOf(client(github).rest.issues.createComment({ ...at, body: 'x' }))).toMatchObject({
    status: 401,
  });
});

test.each([
  ['ada', 'admin', 'admin'],
  ['bea', 'write', 'write'],
  ['eve', 'read', 'read'],
])('the collaborator endpoint says that %s has %s', async (username, permission, role) => {
  const octokit = client(github, await mint());
  const { data } = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...AT, username });
  expect(data).toMatchObject({ permission, role_name: role, user: { login: username } });
});

test('the finer roles are folded in the old field, and people without write access of private repositories have none', async () => {
  await github.createRepository({ owner: 'ada', name: 'secret', private: true, files: { a: 'b\n' } });
  github.setPermission('ada/secret', 'bea', 'maintain');
  const octokit = client(github, await mint());
  const at = { owner: 'ada', repo: 'secret' };
  const bea = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...at, username: 'bea' });
  expect(bea.data).toMatchObject({ permission: 'write', role_name: 'maintain' });
  const eve = await octokit.rest.repos.getCollaboratorPermissionLevel({ ...at, username: 'eve' });
  expect(eve.data).toMatchObject({ permission: 'none', role_name: 'none' });
});
