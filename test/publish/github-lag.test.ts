import { afterEach, expect, test } from 'vitest';
import type { Fault } from '../../demo/github/http/faults.ts';
import { NAME, openHarness, type PublishingHarness } from './publishing-harness.ts';

let desk: PublishingHarness;

afterEach(async () => {
  await desk.close();
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
  desk = await openHarness();
  await desk.work({ 'src/sum.js': 'a + b\n' });
  desk.github.faults.add({ method: 'POST', path: /\/pulls$/, ...fault });
  expect(await desk.publish()).toMatchObject({ kind: 'wait', note: expect.stringContaining('does not show') });
  expect(await desk.publish()).toMatchObject({ facts: { kind: 'pushed' } });
  expect(desk.github.pulls(NAME)).toHaveLength(1);
});

test.each(UNSEEN)('the same refusal (%s) minutes after the push is final', async (_, fault) => {
  desk = await openHarness();
  await desk.work({ 'src/sum.js': 'a + b\n' });
  desk.github.faults.add({ method: 'POST', path: /\/pulls$/, times: 2, ...fault });
  await desk.publish();
  desk.advance(3 * 60_000);
  expect(await desk.publish()).toMatchObject({ facts: { failure: { code: 'PULL_REQUEST_REJECTED' } } });
});

test('a base branch that is gone is no lag', async () => {
  desk = await openHarness();
  await desk.work({ 'src/sum.js': 'a + b\n' });
  const body = validation({ resource: 'PullRequest', field: 'base', code: 'invalid' });
  desk.github.faults.add({ method: 'POST', path: /\/pulls$/, status: 422, body });
  expect(await desk.publish()).toMatchObject({ facts: { failure: { code: 'PULL_REQUEST_REJECTED' } } });
});

test.each([
  ['the branch', /\/git\/ref\//],
  ['the pull request', /\/pulls\/\d+$/],
  ['the author of the pull request', /\/issues\/\d+$/],
])('%s that GitHub does not show yet is looked up again', async (_, path) => {
  desk = await openHarness();
  await desk.work({ 'src/sum.js': 'a + b\n' });
  await desk.publish();
  desk.github.faults.add({ method: 'GET', path, status: 404 });
  expect(await desk.publisher.fetchFacts(await desk.task())).toMatchObject({ kind: 'wait' });
  expect(await desk.publisher.fetchFacts(await desk.task())).toMatchObject({
    facts: { branchSha: await desk.remote(), pull: { state: 'open' } },
  });
});

test('a pull request that GitHub does not show to the next try is waited for, not reported as closed', async () => {
  desk = await openHarness();
  await desk.work({ 'src/sum.js': 'a + b\n' });
  await desk.publish();
  desk.github.faults.add({ method: 'GET', path: /\/pulls\/\d+$/, status: 404 });
  expect(await desk.publish()).toMatchObject({ kind: 'wait' });
  expect(await desk.publish()).toMatchObject({ facts: { kind: 'pushed' } });
});

test('a branch that a person deleted is reported as deleted once lag cannot explain it', async () => {
  desk = await openHarness();
  await desk.work({ 'src/sum.js': 'a + b\n' });
  await desk.publish();
  await desk.github.deleteBranch(NAME, { as: 'ada', branch: 'bosun/01task-sum' });
  desk.advance(3 * 60_000);
  expect(await desk.publisher.fetchFacts(await desk.task())).toMatchObject({ facts: { branchSha: null } });
});
