import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LocalGitHub } from '../../../demo/github/local-github.ts';
import { AT, client, NAME, openLocal, refusalOf } from './open-local.ts';

let github: LocalGitHub;
let octokit: ReturnType<typeof client>;
let at: { owner: string; repo: string; issue_number: number };

beforeEach(async () => {
  github = await openLocal();
  octokit = client(github, github.createInstallationToken(NAME));
  at = { ...AT, issue_number: github.openIssue(NAME, { as: 'eve', title: 'Slow', body: 'Very.' }).number };
});
afterEach(() => github.close());

test('a comment is created, edited, found again and deleted', async () => {
  const { data: comment } = await octokit.rest.issues.createComment({ ...at, body: 'First' });
  expect(comment).toMatchObject({ body: 'First', user: { login: github.app.botLogin }, author_association: 'NONE' });
  const one = { ...AT, comment_id: comment.id };
  await octokit.rest.issues.updateComment({ ...one, body: 'Second' });
  expect((await octokit.rest.issues.getComment(one)).data.body).toBe('Second');
  expect(github.comments({ repository: NAME, number: at.issue_number }).map(({ body }) => body)).toEqual(['Second']);
  await octokit.rest.issues.deleteComment(one);
  expect(await refusalOf(octokit.rest.issues.getComment(one))).toMatchObject({ status: 404 });
});

test('comments come in pages that link to each other', async () => {
  const thread = { repository: NAME, number: at.issue_number };
  for (let count = 1; count <= 65; count += 1) {
    github.comment(thread, { as: 'eve', body: `Comment ${count}` });
  }
  const first = await octokit.rest.issues.listComments(at);
  expect(first.data).toHaveLength(30);
  expect(first.headers.link).toMatch(/page=2>; rel="next".*page=3>; rel="last"/);
  const all = await octokit.paginate(octokit.rest.issues.listComments, { ...at, per_page: 20 });
  expect(all.map(({ body }) => body)).toEqual(Array.from({ length: 65 }, (_, index) => `Comment ${index + 1}`));
});

test('reacting twice in the same way makes one reaction', async () => {
  const { data: comment } = await octokit.rest.issues.createComment({ ...at, body: 'Hi' });
  const one = { ...AT, comment_id: comment.id };
  expect((await octokit.rest.reactions.createForIssueComment({ ...one, content: 'eyes' })).status).toBe(201);
  expect((await octokit.rest.reactions.createForIssueComment({ ...one, content: 'eyes' })).status).toBe(200);
  const { data: reactions } = await octokit.rest.reactions.listForIssueComment(one);
  expect(reactions.map(({ content }) => content)).toEqual(['eyes']);
  await octokit.rest.reactions.deleteForIssueComment({ ...one, reaction_id: reactions[0]?.id ?? 0 });
  expect((await octokit.rest.issues.getComment(one)).data.reactions).toMatchObject({ total_count: 0, eyes: 0 });
  expect((await octokit.rest.reactions.createForIssue({ ...at, content: 'rocket' })).status).toBe(201);
});

test('labels are made when they are first used, and taken off by name', async () => {
  const { data } = await octokit.rest.issues.addLabels({ ...at, labels: ['bosun:implement', 'bug'] });
  expect(data.map(({ name }) => name)).toEqual(['bosun:implement', 'bug']);
  await octokit.rest.issues.removeLabel({ ...at, name: 'bosun:implement' });
  expect(github.issue({ repository: NAME, number: at.issue_number }).labels.map(({ name }) => name)).toEqual(['bug']);
  expect(await refusalOf(octokit.rest.issues.removeLabel({ ...at, name: 'gone' }))).toMatchObject({
    status: 404,
    message: 'Label does not exist',
  });
  await octokit.rest.issues.setLabels({ ...at, labels: ['later'] });
  expect((await octokit.rest.issues.listLabelsOnIssue(at)).data.map(({ name }) => name)).toEqual(['later']);
});

test('a locked issue takes no comments from the app, and still takes those of a writer', async () => {
  github.lockIssue({ repository: NAME, number: at.issue_number }, { as: 'ada', reason: 'resolved' });
  expect(await refusalOf(octokit.rest.issues.createComment({ ...at, body: 'x' }))).toMatchObject({
    status: 403,
    message: 'Unable to create comment because issue is locked.',
  });
  const writer = client(github, github.createPersonalToken('bea'));
  expect((await writer.rest.issues.createComment({ ...at, body: 'x' })).status).toBe(201);
  expect((await octokit.rest.issues.get(at)).data).toMatchObject({ locked: true, active_lock_reason: 'resolved' });
});

test('a transferred issue redirects and a deleted one is gone', async () => {
  await github.createRepository({ owner: 'ada', name: 'other', files: { a: 'b\n' } });
  github.comment({ repository: NAME, number: at.issue_number }, { as: 'eve', body: 'Moves along' });
  github.transferIssue({ repository: NAME, number: at.issue_number }, { as: 'ada', repository: 'ada/other' });
  const response = await fetch(`${github.apiUrl}/repos/${NAME}/issues/${at.issue_number}`, { redirect: 'manual' });
  expect(response.status).toBe(301);
  expect(response.headers.get('location')).toBe(`${github.apiUrl}/repos/ada/other/issues/1`);
  expect(github.comments({ repository: 'ada/other', number: 1 })).toHaveLength(1);
  const gone = github.openIssue(NAME, { as: 'eve', title: 'Oops' });
  github.deleteIssue({ repository: NAME, number: gone.number });
  expect(await refusalOf(octokit.rest.issues.get({ ...AT, issue_number: gone.number }))).toMatchObject({ status: 410 });
});

test('the body limit is 65,536 characters', async () => {
  expect((await octokit.rest.issues.createComment({ ...at, body: 'x'.repeat(65_536) })).status).toBe(201);
  const refused = await refusalOf(octokit.rest.issues.createComment({ ...at, body: 'x'.repeat(65_537) }));
  expect(refused).toMatchObject({ status: 422, message: 'Validation Failed' });
  expect(JSON.stringify(refused.errors)).toContain('too long (maximum is 65536 characters)');
});

test('issues are listed by state and label, closed and reopened', async () => {
  github.openIssue(NAME, { as: 'eve', title: 'Tagged', labels: ['bosun'] });
  const titles = async (query: object): Promise<string[]> =>
    (await octokit.rest.issues.listForRepo({ ...AT, ...query })).data.map(({ title }) => title);
  expect(await titles({ labels: 'bosun' })).toEqual(['Tagged']);
  await octokit.rest.issues.update({ ...at, state: 'closed', state_reason: 'not_planned' });
  expect(await titles({})).toEqual(['Tagged']);
  expect(await titles({ state: 'all', direction: 'asc' })).toEqual(['Slow', 'Tagged']);
  await octokit.rest.issues.update({ ...at, state: 'open' });
  expect((await octokit.rest.issues.get(at)).data).toMatchObject({
    state: 'open',
    state_reason: 'reopened',
    closed_at: null,
  });
});

test('an archived repository can be read and not written to', async () => {
  github.archiveRepository(NAME);
  expect((await octokit.rest.issues.get(at)).status).toBe(200);
  expect(await refusalOf(octokit.rest.issues.createComment({ ...at, body: 'x' }))).toMatchObject({
    status: 403,
    message: 'Repository was archived so is read-only.',
  });
});

test('a renamed repository is found under its old name and its number', async () => {
  const id = github.repository(NAME).id;
  github.renameRepository(NAME, 'motor');
  expect((await octokit.rest.repos.get(AT)).data.full_name).toBe('ada/motor');
  expect((await octokit.request('GET /repositories/{id}', { id })).data).toMatchObject({ full_name: 'ada/motor' });
});

test('an unchanged answer is 304 for those who have it', async () => {
  const { headers } = await octokit.rest.issues.get(at);
  const again = octokit.rest.issues.get({ ...at, headers: { 'if-none-match': headers.etag ?? '' } });
  expect(await refusalOf(again)).toMatchObject({ status: 304 });
  await octokit.rest.issues.createComment({ ...at, body: 'x' });
  expect((await octokit.rest.issues.get({ ...at, headers: { 'if-none-match': headers.etag ?? '' } })).status).toBe(200);
});
