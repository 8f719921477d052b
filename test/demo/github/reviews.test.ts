import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LocalGitHub } from '../../../demo/github/local-github.ts';
import { AT, client, NAME, openLocal, refusalOf } from './open-local.ts';

let github: LocalGitHub;
let octokit: ReturnType<typeof client>;
let head: string;
let thread: { repository: string; number: number };

beforeEach(async () => {
  github = await openLocal();
  octokit = client(github, github.createInstallationToken(NAME));
  const files = { 'src/a.txt': 'one\ntwo\n' };
  ({ sha: head } = await github.pushCommit(NAME, { as: 'bea', branch: 'topic', files, message: 'Add two' }));
  const { number } = await github.openPull(NAME, { as: 'bea', title: 'Add two', head: 'topic' });
  thread = { repository: NAME, number };
});
afterEach(() => github.close());

test('a review begins a conversation on each line that it comments on', async () => {
  const comments = [{ path: 'src/a.txt', line: 2, body: 'Why two?', side: 'RIGHT' }];
  const { data: review } = await octokit.rest.pulls.createReview({
    ...AT,
    pull_number: thread.number,
    event: 'COMMENT',
    body: 'One question.',
    comments,
    commit_id: head,
  });
  expect(review).toMatchObject({ state: 'COMMENTED', body: 'One question.', commit_id: head });
  const { data: listed } = await octokit.rest.pulls.listReviewComments({ ...AT, pull_number: thread.number });
  expect(listed).toMatchObject([{ path: 'src/a.txt', line: 2, body: 'Why two?', pull_request_review_id: review.id }]);
  expect(github.reviewThreads(thread)).toMatchObject([{ path: 'src/a.txt', line: 2, resolvedBy: null }]);
  expect(github.violations).toEqual([]);
});

test.each([
  ['a line that the change does not show', { path: 'src/a.txt', line: 9 }, 'Line could not be resolved'],
  ['a file that the change does not touch', { path: 'README.md', line: 1 }, 'Path could not be resolved'],
])('a comment on %s refuses the whole review', async (_, at, message) => {
  const comments = [{ ...at, body: 'x', side: 'RIGHT' }];
  const refused = await refusalOf(
    octokit.rest.pulls.createReview({ ...AT, pull_number: thread.number, event: 'COMMENT', body: 'x', comments }),
  );
  expect(refused).toMatchObject({ status: 422, errors: [message] });
  expect(github.reviewThreads(thread)).toEqual([]);
});

test('statuses are combined by their newest, and a job of Actions has a check run with a log', async () => {
  await github.setStatus(NAME, { as: 'bea', sha: head, context: 'ci/other', state: 'failure' });
  await github.setStatus(NAME, { as: 'bea', sha: head, context: 'ci/other', state: 'success' });
  const job = await github.finishJob(NAME, { sha: head, name: 'test', conclusion: 'failure', log: 'line 1\nboom\n' });
  const combined = await octokit.rest.repos.getCombinedStatusForRef({ ...AT, ref: head });
  expect(combined.data).toMatchObject({ state: 'success', total_count: 1 });
  const { data: runs } = await octokit.rest.checks.listForRef({ ...AT, ref: head });
  expect(runs.check_runs).toMatchObject([{ id: job.id, conclusion: 'failure', app: { slug: 'github-actions' } }]);
  const log = await octokit.rest.actions.downloadJobLogsForWorkflowRun({ ...AT, job_id: job.id });
  expect(log.data).toBe('line 1\nboom\n');
  expect(github.violations).toEqual([]);
});
