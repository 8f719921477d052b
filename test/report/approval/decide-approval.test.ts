import { expect, test } from 'vitest';
import type { ReviewFacts } from '../../../app/github/github.ts';
import { findApprovers } from '../../../app/report/approval/decide-approval.ts';

const HEAD = 'a'.repeat(40);
const EARLIER = 'b'.repeat(40);
const MIA = { id: 1, login: 'mia', isBot: false };
const TEO = { id: 2, login: 'teo', isBot: false };
const ANN = { id: 3, login: 'ann', isBot: false };
const BOT = { id: 4, login: 'helper[bot]', isBot: true };

type Row = readonly [author: ReviewFacts['author'], state: ReviewFacts['state'], commitSha?: string | null];

const ROWS: readonly (readonly [what: string, reviews: readonly Row[], approvers: readonly string[]])[] = [
  ['nobody has reviewed', [], []],
  ['somebody else approved the head', [[TEO, 'approved']], ['teo']],
  ['the requester approved', [[MIA, 'approved']], []],
  ['somebody who asked for an earlier task approved', [[ANN, 'approved']], []],
  ['a bot approved', [[BOT, 'approved']], []],
  ['an account that is gone approved', [[{ id: 0, login: 'ghost', isBot: false }, 'approved']], []],
  ['an earlier commit was approved', [[TEO, 'approved', EARLIER]], []],
  ['a commit that GitHub does not know any more was approved', [[TEO, 'approved', null]], []],
  ['the approval was dismissed', [[TEO, 'dismissed']], []],
  [
    'approved and then dismissed in a review of its own',
    [
      [TEO, 'approved'],
      [TEO, 'dismissed'],
    ],
    [],
  ],
  [
    'approved and then asked for changes',
    [
      [TEO, 'approved'],
      [TEO, 'changes_requested'],
    ],
    [],
  ],
  [
    'asked for changes and then approved',
    [
      [TEO, 'changes_requested'],
      [TEO, 'approved'],
    ],
    ['teo'],
  ],
  [
    'asked for changes of the head after approving an earlier commit',
    [
      [TEO, 'approved', EARLIER],
      [TEO, 'changes_requested'],
    ],
    [],
  ],
  [
    'approved and then commented',
    [
      [TEO, 'approved'],
      [TEO, 'commented'],
    ],
    ['teo'],
  ],
  ['only commented', [[TEO, 'commented']], []],
  ['wrote a review and has not submitted it', [[TEO, 'pending']], []],
  [
    'the requester asked for changes, somebody else approved',
    [
      [MIA, 'changes_requested'],
      [TEO, 'approved'],
    ],
    ['teo'],
  ],
];

test.each(ROWS)('%s', (_, reviews, approvers) => {
  const facts = reviews.map(([author, state, commitSha = HEAD]) => ({ author, state, commitSha }));
  const found = findApprovers(facts, { headSha: HEAD, requesters: [MIA.id, ANN.id] });
  expect(found.map(({ login }) => login)).toEqual(approvers);
});
