import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LocalGitHub } from '../../../demo/github/local-github.ts';
import { AT, client, NAME, openLocal, refusalOf } from './open-local.ts';

let github: LocalGitHub;
let octokit: ReturnType<typeof client>;
let at: { owner: string; repo: string; issue_number: number };

async function open(options: Parameters<typeof openLocal>[0] = {}): Promise<void> {
  github = await openLocal(options);
  octokit = client(github, github.createInstallationToken(NAME));
  at = { ...AT, issue_number: github.openIssue(NAME, { as: 'eve', title: 'Slow' }).number };
}

beforeEach(() => open());
afterEach(() => github.close());

function bodies(): string[] {
  return github.comments({ repository: NAME, number: at.issue_number }).map(({ body }) => body);
}

test('a planted answer is given as often as asked, then things work again', async () => {
  const headers = { 'retry-after': '7' };
  const fault = github.faults.add({ method: 'POST', path: /\/comments$/, times: 2, status: 502, headers });
  const post = (): Promise<unknown> => octokit.rest.issues.createComment({ ...at, body: 'x' });
  expect((await refusalOf(post())).status).toBe(502);
  expect((await refusalOf(post())).status).toBe(502);
  await post();
  expect(fault.hits).toBe(2);
  expect(bodies()).toEqual(['x']);
});

test('an answer dropped after the change leaves the change behind', async () => {
  github.faults.add({ method: 'POST', path: /\/comments$/, dropResponse: 'after' });
  await expect(octokit.rest.issues.createComment({ ...at, body: 'made' })).rejects.toThrow(
    /socket|closed|terminated|fetch failed/i,
  );
  expect(bodies()).toEqual(['made']);
});

test('an answer dropped before leaves nothing', async () => {
  github.faults.add({ method: 'POST', path: /\/comments$/, dropResponse: 'before' });
  await expect(octokit.rest.issues.createComment({ ...at, body: 'lost' })).rejects.toThrow(
    /socket|closed|terminated|fetch failed/i,
  );
  expect(bodies()).toEqual([]);
});

test('a request that hangs ends when the client gives up', async () => {
  const fault = github.faults.add({ path: `/repos/${NAME}`, hang: true });
  const giveUp = new AbortController();
  const hit = fault.nextHit();
  const request = octokit.rest.repos.get({ ...AT, request: { signal: giveUp.signal } });
  await hit;
  giveUp.abort();
  await expect(request).rejects.toThrow(/abort/i);
});

test('a removed fault does nothing', async () => {
  github.faults.add({ status: 500, times: Infinity }).remove();
  github.faults.add({ status: 500, times: Infinity });
  github.faults.clear();
  expect((await octokit.rest.repos.get(AT)).status).toBe(200);
});

test('every request is on record with who asked, and never with a token', async () => {
  const token = github.createInstallationToken(NAME);
  const seen = github.waitForRequest(({ method, status }) => method === 'POST' && status === 201);
  await client(github, token).rest.issues.createComment({ ...at, body: 'x' });
  expect(await seen).toMatchObject({
    path: `/repos/${NAME}/issues/${at.issue_number}/comments`,
    actor: github.app.botLogin,
    tokenId: expect.stringMatching(/^token-\d+$/) as string,
    body: { body: 'x' },
  });
  expect(JSON.stringify(github.requests)).not.toContain(token);
});

test('more than eighty comments a minute are noted, and refused when asked to', async () => {
  await github.close();
  await open({ secondaryLimits: 'enforce' });
  for (let count = 0; count < 80; count += 1) {
    await octokit.rest.issues.createComment({ ...at, body: `${count}` });
  }
  const refused = await refusalOf(octokit.rest.issues.createComment({ ...at, body: 'one more' }));
  expect(refused.message).toMatch(/^You have exceeded a secondary rate limit/);
  expect(github.limits()).toMatchObject({
    maxContentPerMinute: 81,
    exceeded: [`${github.app.botLogin}: more than 80 content-creating requests a minute`],
  });
  github.clock.advance(61_000);
  expect((await octokit.rest.issues.createComment({ ...at, body: 'later' })).status).toBe(201);
});

test('the hourly limit is counted, reported and enforced', async () => {
  await github.close();
  await open({ hourlyLimit: 3 });
  const { headers } = await octokit.rest.repos.get(AT);
  expect(headers).toMatchObject({ 'x-ratelimit-limit': '3', 'x-ratelimit-remaining': '2' });
  await octokit.rest.repos.get(AT);
  await octokit.rest.repos.get(AT);
  expect(await refusalOf(octokit.rest.repos.get(AT))).toMatchObject({ status: 403 });
  github.clock.advance(3_600_001);
  expect((await client(github).rest.rateLimit.get()).data.rate).toMatchObject({ limit: 3 });
  expect((await client(github).rest.repos.get(AT)).status).toBe(200);
});

test.each([
  ['GET', '/repos/ada/engine/traffic/views'],
  ['POST', '/user/repos'],
  ['DELETE', '/repos/ada/engine'],
])('what it does not have is 501 with a sentence that says so: %s %s', async (method, path) => {
  const response = await fetch(`${github.apiUrl}${path}`, { method });
  expect(response.status).toBe(501);
  expect(await response.json()).toMatchObject({ message: `The local GitHub does not have ${method} ${path}.` });
});

test('the root and /meta answer like those of a server', async () => {
  expect(await (await fetch(`${github.apiUrl}/`)).json()).toHaveProperty('current_user_url');
  expect(await (await fetch(`${github.url}/meta`)).json()).toHaveProperty('installed_version');
  const missing = await fetch(`${github.url}/repos/ada/nothing`);
  expect([missing.status, await missing.json()]).toMatchObject([404, { message: 'Not Found', status: '404' }]);
});
