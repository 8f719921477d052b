import { expect, test } from 'vitest';
import type { GitHubActivity, GitHubResult, RawObject } from '../../app/github/github.ts';
import { findTriggers } from '../../app/intake/recovery/find-triggers.ts';

const SINCE = new Date('2026-11-27T12:00:00Z');
const LATER = '2026-11-27T12:05:00Z';
const PERSON = { id: 7, login: 'mia', type: 'User' };
const REPOSITORY = {
  id: 1,
  name: 'engine',
  owner: { login: 'ada' },
  default_branch: 'main',
  archived: false,
  html_url: 'https://github.com/ada/engine',
};
const PULL = {
  number: 3,
  title: 'Round',
  body: '',
  state: 'open',
  updated_at: LATER,
  user: { id: 8, login: 'bosun[bot]', type: 'Bot' },
  labels: [],
  pull_request: {},
};
const REVIEW = {
  id: 41,
  body: '/fix Round to two digits.',
  html_url: 'https://github.com/ada/engine/pull/3#pullrequestreview-41',
  submitted_at: LATER,
  user: PERSON,
};

function find(answers: { threads?: RawObject[]; reviews?: GitHubResult<RawObject[]> }) {
  const asked: number[] = [];
  const none = async (): Promise<GitHubResult<RawObject[]>> => ({ ok: true, value: [] });
  const github: Pick<GitHubActivity, 'fetchCommentsSince' | 'fetchLabelEvents' | 'fetchReviews'> = {
    fetchCommentsSince: none,
    fetchLabelEvents: none,
    fetchReviews: async (_repository, number) => {
      asked.push(number);
      return answers.reviews ?? { ok: true, value: [REVIEW] };
    },
  };
  const found = findTriggers({
    threads: answers.threads ?? [PULL],
    since: SINCE,
    repository: REPOSITORY,
    ref: { id: 1, owner: 'ada', name: 'engine' },
    installationId: 5,
    appId: 9,
    github,
    fetchLabels: async () => [],
  });
  return { asked, found };
}

test('a command in the text of a review is found under the key its webhook has', async () => {
  expect(await find({}).found).toMatchObject({
    ok: true,
    value: {
      triggers: [
        {
          event: 'pull_request_review',
          keys: ['1/3/review-41'],
          payload: { action: 'submitted', review: REVIEW, sender: PERSON, installation: { id: 5 } },
        },
      ],
    },
  });
});

test('a pull request that changed after the review may have another text than the one that was approved', async () => {
  const { found } = find({ threads: [{ ...PULL, updated_at: '2026-11-27T12:30:00Z' }] });
  expect(await found).toMatchObject({ value: { triggers: [{ payload: { textMayDiffer: true } }] } });
});

test.each([
  ['that was submitted before', { ...REVIEW, submitted_at: '2026-11-27T11:59:59Z' }],
  ['that is still a draft', { ...REVIEW, submitted_at: null }],
  ['without a command', { ...REVIEW, body: 'Looks good.' }],
  ['without a text', { ...REVIEW, body: '' }],
])('a review %s gives no command', async (_which, review) => {
  const { found } = find({ reviews: { ok: true, value: [review] } });
  expect(await found).toMatchObject({ ok: true, value: { triggers: [] } });
});

test('reviews are asked for only where a pull request is open', async () => {
  const { asked, found } = find({
    threads: [PULL, { ...PULL, number: 4, state: 'closed' }, { ...PULL, number: 5, pull_request: undefined }],
  });
  await found;
  expect(asked).toEqual([3]);
});

test.each([
  ['not_found', { ok: true, value: { triggers: [] } }],
  ['unavailable', { ok: false, problem: { kind: 'unavailable' } }],
] as const)('where GitHub answers %s', async (kind, expected) => {
  const { found } = find({ reviews: { ok: false, problem: { kind, status: null, message: '', retryAt: null } } });
  expect(await found).toMatchObject(expected);
});
