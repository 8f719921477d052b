import { expect, test } from 'vitest';
import { decideTarget, type TargetFacts } from '../../app/publish/decide-target.ts';

const NEW = 'a'.repeat(40);
const LAST = 'b'.repeat(40);
const FOREIGN = 'c'.repeat(40);
const open = { number: 7, state: 'open' } as const;

const ROWS: readonly (readonly [string, Partial<TargetFacts>, string])[] = [
  ['nothing is there', {}, 'push'],
  ['the branch is where we left it', { remoteSha: LAST, lastPushedSha: LAST, pull: open, isPullOurs: true }, 'push'],
  ['the branch has what we want: an earlier try', { remoteSha: NEW }, 'go_on'],
  ['so it does, with our pull request', { remoteSha: NEW, pull: open, isPullOurs: true }, 'go_on'],
  [
    'so it does, and the pull request was closed since',
    { remoteSha: NEW, pull: { ...open, state: 'closed' }, isPullOurs: true },
    'go_on',
  ],
  ['the branch was made by someone else', { remoteSha: FOREIGN }, 'beside'],
  [
    'someone pushed on top of ours',
    { remoteSha: FOREIGN, lastPushedSha: LAST, pull: open, isPullOurs: true },
    'beside',
  ],
  ['someone opened a pull request from it', { remoteSha: LAST, lastPushedSha: LAST, pull: open }, 'beside'],
  ['someone opened one from what we want', { remoteSha: NEW, pull: open }, 'beside'],
  ['someone else had a pull request once', { pull: { ...open, state: 'closed' } }, 'push'],
  [
    'ours was closed',
    { remoteSha: LAST, lastPushedSha: LAST, pull: { ...open, state: 'closed' }, isPullOurs: true },
    'stop',
  ],
  [
    'ours was merged and its branch deleted',
    { lastPushedSha: LAST, pull: { ...open, state: 'merged' }, isPullOurs: true },
    'stop',
  ],
  ['the branch was deleted before it had a pull request', { lastPushedSha: LAST }, 'push'],
];

test.each(ROWS)('%s', (_, overrides, expected) => {
  const facts: TargetFacts = {
    headSha: NEW,
    remoteSha: null,
    lastPushedSha: null,
    pull: null,
    isPullOurs: false,
    ...overrides,
  };
  expect(decideTarget(facts).do).toBe(expected);
});
