import { afterEach, expect, test } from 'vitest';
import type { Fault } from '../../demo/github/http/faults.ts';
import { NAME, openHarness, type PublishingHarness } from './publishing-harness.ts';

let harness: PublishingHarness;

afterEach(async () => {
  await harness.close();
});

const validation = (error: Record<string, unknown>): Fault['body'] => ({
  message: 'Validation Failed',
  errors: [error],
});
const UNSEEN: readonly [string, Fault][] = [
  ['head invalid', { status: 422, body: validation({ resource: 'PullRequest', field: 'head', code: 'invalid' }) }],
  ['head sha', { status: 422, body: validation({ message: "Head sha can't be blank" }) }],
  ['not all refs are readable', { status: 422, body: validation({ message: 'not all refs are readable' }) }],
  ['no commits', { status: 422, body: validation({ message: 'No commits between main and bosun/01task-sum' }) }],
  ['a 404', { status: 404 }],
];

test.each(UNSEEN)('a pull request refused right after the push (%s) is tried again', async (_, fault) => {
  harness = await openHarness();
  await harness.work({ 'src/sum.js': 'a + b\n' });
  harness.github.faults.add({ method: 'POST', path: /\/pulls$/, ...fault });
  expect(await harness.publish()).toMatchObject({ kind: 'wait', note: expect.stringContaining('does not show') });
  expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
  expect(harness.github.pulls(NAME)).toHaveLength(1);
});

test.each(UNSEEN)('the same refusal (%s) minutes after the push is final', async (_, fault) => {
  harness = await openHarness();
  await harness.work({ 'src/sum.js': 'a + b\n' });
  harness.github.faults.add({ method: 'POST', path: /\/pulls$/, times: 2, ...fault });
  await harness.publish();
  harness.advance(3 * 60_000);
  expect(await harness.publish()).toMatchObject({ facts: { failure: { code: 'PULL_REQUEST_REJECTED' } } });
});

test('a base branch that was deleted is no lag', async () => {
  harness = await openHarness();
  await harness.work({ 'src/sum.js': 'a + b\n' });
  const body = validation({ resource: 'PullRequest', field: 'base', code: 'invalid' });
  harness.github.faults.add({ method: 'POST', path: /\/pulls$/, status: 422, body });
  expect(await harness.publish()).toMatchObject({ facts: { failure: { code: 'PULL_REQUEST_REJECTED' } } });
});

test.each([
  ['the branch', /\/git\/ref\//],
  ['the pull request', /\/pulls\/\d+$/],
  ['the author of the pull request', /\/issues\/\d+$/],
])('%s that GitHub does not show yet is looked up again', async (_, path) => {
  harness = await openHarness();
  await harness.work({ 'src/sum.js': 'a + b\n' });
  await harness.publish();
  harness.github.faults.add({ method: 'GET', path, status: 404 });
  expect(await harness.publisher.fetchFacts(await harness.task())).toMatchObject({ kind: 'wait' });
  expect(await harness.publisher.fetchFacts(await harness.task())).toMatchObject({
    facts: { branchSha: await harness.remote(), pull: { state: 'open' } },
  });
});

test('a pull request that GitHub does not show to the next try is waited for, not reported as closed', async () => {
  harness = await openHarness();
  await harness.work({ 'src/sum.js': 'a + b\n' });
  await harness.publish();
  harness.github.faults.add({ method: 'GET', path: /\/pulls\/\d+$/, status: 404 });
  expect(await harness.publish()).toMatchObject({ kind: 'wait' });
  expect(await harness.publish()).toMatchObject({ facts: { kind: 'pushed' } });
});

test('a branch that a person deleted is reported as deleted once lag cannot explain it', async () => {
  harness = await openHarness();
  await harness.work({ 'src/sum.js': 'a + b\n' });
  await harness.publish();
  await harness.github.deleteBranch(NAME, { as: 'ada', branch: 'bosun/01task-sum' });
  harness.advance(3 * 60_000);
  expect(await harness.publisher.fetchFacts(await harness.task())).toMatchObject({ facts: { branchSha: null } });
});
