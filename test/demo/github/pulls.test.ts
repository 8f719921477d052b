import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LocalGitHub } from '../../../demo/github/local-github.ts';
import { AT, client, NAME, openLocal, refusalOf } from './open-local.ts';

let github: LocalGitHub;
let octokit: ReturnType<typeof client>;
let head: string;

beforeEach(async () => {
  github = await openLocal();
  octokit = client(github, github.createInstallationToken(NAME));
  const files = { 'src/a.txt': 'one\ntwo\n', 'src/b.txt': 'new\n' };
  ({ sha: head } = await github.pushCommit(NAME, { as: 'bea', branch: 'bosun/1-topic', files, message: 'Add two' }));
});
afterEach(() => github.close());

const DRAFT = { ...AT, title: 'Add two', head: 'bosun/1-topic', base: 'main', draft: true };

test('a draft pull request knows its commits, files and merge state from git', async () => {
  const { data: pull } = await octokit.rest.pulls.create({ ...DRAFT, body: 'Closes #1' });
  expect(pull).toMatchObject({
    draft: true,
    state: 'open',
    head: { sha: head, label: 'ada:bosun/1-topic' },
    additions: 2,
  });
  const one = { ...AT, pull_number: pull.number };
  expect((await octokit.rest.pulls.get(one)).data).toMatchObject({
    mergeable: true,
    mergeable_state: 'draft',
    commits: 1,
  });
  const { data: files } = await octokit.rest.pulls.listFiles(one);
  expect(files.map(({ filename, status, additions, patch }) => [filename, status, additions, patch])).toEqual([
    ['src/a.txt', 'modified', 1, '@@ -1 +1,2 @@\n one\n+two'],
    ['src/b.txt', 'added', 1, '@@ -0,0 +1 @@\n+new'],
  ]);
  const { data: commits } = await octokit.rest.pulls.listCommits(one);
  expect(
    commits.map(({ sha, commit, author }) => [sha, commit.message, author && 'login' in author && author.login]),
  ).toEqual([[head, 'Add two', 'bea']]);
});

test.each([
  [
    'a second one for the same branch',
    { head: 'bosun/1-topic' },
    'A pull request already exists for ada:bosun/1-topic.',
  ],
  ['one without commits', { head: 'main' }, 'No commits between main and main'],
])('%s is refused in the words GitHub uses', async (_what, change, message) => {
  await octokit.rest.pulls.create(DRAFT);
  const refused = await refusalOf(octokit.rest.pulls.create({ ...DRAFT, ...change }));
  expect(refused).toMatchObject({ status: 422, message: 'Validation Failed' });
  expect(refused.errors).toEqual([{ resource: 'PullRequest', code: 'custom', message }]);
});

test('a branch that does not exist is an invalid field', async () => {
  const refused = await refusalOf(octokit.rest.pulls.create({ ...DRAFT, head: 'nowhere' }));
  expect(refused.errors).toEqual([{ resource: 'PullRequest', field: 'head', code: 'invalid' }]);
});

test('two requests at once make one pull request', async () => {
  const results = await Promise.allSettled([octokit.rest.pulls.create(DRAFT), octokit.rest.pulls.create(DRAFT)]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(github.pulls(NAME)).toHaveLength(1);
});

test('pull requests are found by head, base and state', async () => {
  const { data: pull } = await octokit.rest.pulls.create(DRAFT);
  const numbers = async (query: object): Promise<number[]> =>
    (await octokit.rest.pulls.list({ ...AT, ...query })).data.map(({ number }) => number);
  expect(await numbers({ head: 'ada:bosun/1-topic', state: 'open' })).toEqual([pull.number]);
  expect(await numbers({ head: 'ada:other' })).toEqual([]);
  await octokit.rest.pulls.update({ ...AT, pull_number: pull.number, state: 'closed' });
  expect(await numbers({ head: 'ada:bosun/1-topic', state: 'open' })).toEqual([]);
  expect(await numbers({ head: 'ada:bosun/1-topic', state: 'all' })).toEqual([pull.number]);
});

test('a conflict makes it dirty, and a merge makes it merged', async () => {
  const { number } = await github.openPull(NAME, { as: 'bea', title: 'Add two', head: 'bosun/1-topic' });
  const one = { ...AT, pull_number: number };
  await github.pushCommit(NAME, { as: 'ada', files: { 'src/a.txt': 'one\nthree\n' } });
  expect((await octokit.rest.pulls.get(one)).data).toMatchObject({ mergeable: false, mergeable_state: 'dirty' });
  await github.pushCommit(NAME, { as: 'ada', files: { 'src/a.txt': 'one\n' } });
  const sha = await github.mergePull({ repository: NAME, number }, { as: 'ada' });
  expect((await octokit.rest.pulls.get(one)).data).toMatchObject({
    merged: true,
    state: 'closed',
    merge_commit_sha: sha,
  });
  expect(await github.readFile(NAME, { path: 'src/b.txt' })).toBe('new\n');
});

test('a pull request from a fork carries its repository, and follows pushes to it', async () => {
  await github.forkRepository(NAME, { owner: 'eve' });
  await github.pushCommit('eve/engine', { as: 'eve', branch: 'patch', files: { 'evil.txt': '1\n' } });
  const { number } = await github.openPull(NAME, { as: 'eve', title: 'From afar', head: 'eve:patch' });
  const { sha } = await github.pushCommit('eve/engine', { as: 'eve', branch: 'patch', files: { 'evil.txt': '2\n' } });
  const { data } = await octokit.rest.pulls.get({ ...AT, pull_number: number });
  expect(data.head).toMatchObject({ sha, label: 'eve:patch', repo: { full_name: 'eve/engine', fork: true } });
  expect(data.base.repo).toMatchObject({ full_name: NAME, fork: false });
  expect((await octokit.rest.pulls.listFiles({ ...AT, pull_number: number })).data).toHaveLength(1);
});

test('branches and refs are read, made and deleted', async () => {
  const ref = 'heads/bosun/1-topic';
  expect((await octokit.rest.git.getRef({ ...AT, ref })).data.object.sha).toBe(head);
  expect((await octokit.rest.repos.getBranch({ ...AT, branch: 'bosun/1-topic' })).data.commit.sha).toBe(head);
  expect(await refusalOf(octokit.rest.git.getRef({ ...AT, ref: 'heads/nowhere' }))).toMatchObject({ status: 404 });
  const twice = { ...AT, ref: 'refs/heads/bosun/1-topic', sha: head };
  expect(await refusalOf(octokit.rest.git.createRef(twice))).toMatchObject({
    status: 422,
    message: 'Reference already exists',
  });
  const { number } = await github.openPull(NAME, { as: 'bea', title: 'Add two', head: 'bosun/1-topic' });
  await octokit.rest.git.deleteRef({ ...AT, ref });
  expect(github.issue({ repository: NAME, number }).state).toBe('closed');
});

test('contents come as base64, raw and as a listing', async () => {
  const { data } = await octokit.rest.repos.getContent({ ...AT, path: 'src/a.txt', ref: 'bosun/1-topic' });
  expect(data).toMatchObject({ type: 'file', encoding: 'base64', size: 8 });
  expect(Buffer.from('content' in data ? data.content : '', 'base64').toString()).toBe('one\ntwo\n');
  const raw = await octokit.rest.repos.getContent({ ...AT, path: 'README.md', mediaType: { format: 'raw' } });
  expect(raw.data).toBe('# Engine\n');
  const { data: list } = await octokit.rest.repos.getContent({ ...AT, path: '' });
  expect(Array.isArray(list) && list.map(({ name, type }) => `${name} ${type}`)).toEqual(['README.md file', 'src dir']);
  expect(await refusalOf(octokit.rest.repos.getContent({ ...AT, path: 'none.txt' }))).toMatchObject({ status: 404 });
});

test('commits are compared from their merge base', async () => {
  await github.pushCommit(NAME, { as: 'ada', files: { 'main.txt': 'later\n' } });
  const { data } = await octokit.rest.repos.compareCommitsWithBasehead({ ...AT, basehead: 'main...bosun/1-topic' });
  expect(data).toMatchObject({ status: 'diverged', ahead_by: 1, behind_by: 1, total_commits: 1 });
  expect(data.files?.map(({ filename }) => filename)).toEqual(['src/a.txt', 'src/b.txt']);
  const { data: commit } = await octokit.rest.repos.getCommit({ ...AT, ref: head });
  expect(commit).toMatchObject({ sha: head, stats: { additions: 2, deletions: 0 } });
});

test('an empty repository is reported as empty', async () => {
  await github.createRepository({ owner: 'ada', name: 'empty' });
  const empty = client(github, github.createInstallationToken('ada/empty'));
  const at = { owner: 'ada', repo: 'empty' };
  expect(await refusalOf(empty.rest.git.getRef({ ...at, ref: 'heads/main' }))).toMatchObject({ status: 409 });
  expect(await refusalOf(empty.rest.repos.getContent({ ...at, path: 'a' }))).toMatchObject({
    status: 404,
    message: 'This repository is empty.',
  });
});

test('check runs are written by the app only, and the newest of a name is shown', async () => {
  const output = { title: 'Done', summary: '**0.02 USD**' };
  const { data: run } = await octokit.rest.checks.create({
    ...AT,
    name: 'Bosun',
    head_sha: head,
    status: 'in_progress',
  });
  const one = { ...AT, check_run_id: run.id };
  await octokit.rest.checks.update({ ...one, conclusion: 'success', output });
  const { data } = await octokit.rest.checks.listForRef({ ...AT, ref: 'bosun/1-topic', check_name: 'Bosun' });
  expect(data.check_runs[0]).toMatchObject({ id: run.id, status: 'completed', conclusion: 'success', output });
  expect(await refusalOf(octokit.rest.checks.create({ ...AT, name: 'x', head_sha: 'f'.repeat(40) }))).toMatchObject({
    status: 422,
    message: `No commit found for SHA: ${'f'.repeat(40)}`,
  });
  const person = client(github, github.createPersonalToken('ada'));
  expect(await refusalOf(person.rest.checks.create({ ...AT, name: 'x', head_sha: head }))).toMatchObject({
    status: 403,
  });
});
