import { afterEach, expect, test } from 'vitest';
import type { LocalGitHub } from '../../../demo/github/local-github.ts';
import { createRequestValidator, readSlice } from '../../../demo/github/openapi/validate-request.ts';
import { allRoutes } from '../../../demo/github/rest/all-routes.ts';
import { AT, client, NAME, openLocal, refusalOf } from './open-local.ts';

let github: LocalGitHub | undefined;
afterEach(() => github?.close());

/** Routes that GitHub has without describing them. */
const UNDESCRIBED = new Set([
  'GET /repos/{owner}/{repo}/contents',
  'GET /repos/{owner}/{repo}/contents/',
  'POST /graphql',
]);

test("every route we serve is one of GitHub's, and the slice has nothing else", () => {
  const routes = allRoutes().map(({ method, path }) => `${method} ${path}`);
  expect(routes.filter((route) => !UNDESCRIBED.has(route)).toSorted()).toEqual(Object.keys(readSlice()).toSorted());
});

test('every operation of the slice can be checked', () => {
  const validate = createRequestValidator(readSlice());
  const query = new URLSearchParams();
  for (const [route, operation] of Object.entries(readSlice())) {
    const params = Object.fromEntries(
      operation.parameters.filter((one) => one.in === 'path').map(({ name }) => [name, '1']),
    );
    const problems = validate({ route, path: '/', params, query, body: undefined })?.problems ?? [];
    expect(problems.filter((problem) => !problem.includes('missing'))).toEqual([]);
  }
});

interface Wrong {
  what: string;
  method: string;
  path: string;
  body?: unknown;
  problem: RegExp;
}

const WRONG: Wrong[] = [
  {
    what: 'a body without a required field',
    method: 'POST',
    path: '/issues',
    body: { body: 'x' },
    problem: /required property 'title'/,
  },
  {
    what: 'a field GitHub does not know',
    method: 'POST',
    path: '/pulls',
    body: { head: 'a', base: 'b', is_draft: true },
    problem: /is_draft is not known/,
  },
  {
    what: 'a wrong type',
    method: 'POST',
    path: '/pulls',
    body: { head: 'a', base: 'b', draft: 'yes' },
    problem: /draft must be boolean/,
  },
  {
    what: 'a word that is not in the list',
    method: 'POST',
    path: '/issues/1/reactions',
    body: { content: 'wave' },
    problem: /allowed values/,
  },
  {
    what: 'a query parameter GitHub does not know',
    method: 'GET',
    path: '/issues?status=open',
    problem: /status is not known/,
  },
  {
    what: 'a query parameter of a wrong type',
    method: 'GET',
    path: '/issues?page=two',
    problem: /page must be integer/,
  },
  {
    what: 'a button with a label that is too long',
    method: 'POST',
    path: '/check-runs',
    body: { name: 'x', head_sha: 'a', actions: [{ label: 'x'.repeat(21), description: 'x', identifier: 'x' }] },
    problem: /more than 20 characters/,
  },
];

test.each(WRONG)('$what is refused and recorded', async ({ method, path, body, problem }) => {
  github = await openLocal();
  const response = await fetch(`${github.apiUrl}/repos/${NAME}${path}`, {
    method,
    headers: { authorization: `Bearer ${github.createInstallationToken(NAME)}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.status).toBe(400);
  expect(github.violations).toHaveLength(1);
  expect(github.violations[0]?.problems.join('\n')).toMatch(problem);
});

test("octokit's own requests are right", async () => {
  github = await openLocal();
  const octokit = client(github, github.createInstallationToken(NAME));
  const { data } = await octokit.rest.issues.create({ ...AT, title: 'x', labels: ['a', { name: 'b' }] });
  await octokit.rest.issues.update({
    ...AT,
    issue_number: data.number,
    state: 'closed',
    state_reason: 'completed',
    body: '',
  });
  await octokit.rest.issues.lock({ ...AT, issue_number: data.number, lock_reason: 'spam' });
  expect(data.labels).toMatchObject([{ name: 'a' }, { name: 'b' }]);
  expect(github.violations).toEqual([]);
});

test('with record the request is served all the same', async () => {
  github = await openLocal({ validation: 'record' });
  const octokit = client(github, github.createInstallationToken(NAME));
  await octokit.request('POST /repos/{owner}/{repo}/issues', { ...AT, title: 'x', mood: 'good' });
  expect(github.violations.map(({ problems }) => problems)).toEqual([['body property mood is not known']]);
  expect(await refusalOf(octokit.rest.issues.create({ ...AT, title: ' ' }))).toMatchObject({ status: 422 });
});
