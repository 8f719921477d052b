import { describe, expect, test } from 'vitest';
import { createGitHubApp } from '../../app/github/create-github-app.ts';
import { createTokenGitHub } from '../../app/github/create-token-github.ts';
import type { GitHub } from '../../app/github/github.ts';
import { APP_KEY } from './app-key.ts';
import { connectApp } from './connect-app.ts';
import { startApi } from './start-api.ts';
import type { Api } from './start-api.ts';
import { createMemoryWriteLocks } from '../../app/store/memory/memory-write-locks.ts';

const REPOSITORY = { id: 7, owner: 'octo', name: 'demo' };
const CLOCK = { now: () => new Date() };

function connect(api: Api): GitHub {
  return createTokenGitHub({
    token: 'ghs_fixed',
    apiUrl: api.url,
    userAgent: 'bosun-test',
    clock: CLOCK,
    writeLocks: createMemoryWriteLocks(),
  });
}

describe('the token of a workflow run', () => {
  test('is used as it is and never revoked', async () => {
    await using api = await startApi(() => ({ body: [] }));
    const github = connect(api);
    expect(await github.withRepositoryToken(REPOSITORY, 'publish', (token) => Promise.resolve(token))).toEqual({
      ok: true,
      value: 'ghs_fixed',
    });
    await github.fetchComments(REPOSITORY, 1);
    expect(api.seen.map(({ method, authorization }) => `${method} ${authorization}`)).toEqual(['GET token ghs_fixed']);
  });

  test('that is refused is a problem at once', async () => {
    await using api = await startApi(() => ({ status: 401, body: { message: 'Bad credentials' } }));
    expect(await connect(api).fetchComments(REPOSITORY, 1)).toMatchObject({
      ok: false,
      problem: { kind: 'unauthorized' },
    });
    expect(api.seen).toHaveLength(1);
  });
});

describe('roles', () => {
  test.each([
    ['a maintainer', { permission: 'write', role_name: 'maintain', user: { id: 11 } }, 'maintain'],
    ['somebody with triage', { permission: 'read', role_name: 'triage', user: { id: 11 } }, 'triage'],
    [
      'a role the organization made up',
      { permission: 'write', role_name: 'Release captain', user: { id: 11 } },
      'write',
    ],
    ['somebody else who took the login', { permission: 'admin', role_name: 'admin', user: { id: 12 } }, 'none'],
    ['an answer without a user', { permission: 'admin', role_name: 'admin', user: null }, 'none'],
  ])('%s', async (_who, body, role) => {
    await using api = await startApi(() => ({ body }));
    expect(await connect(api).fetchRole(REPOSITORY, { id: 11, login: 'alice' })).toEqual({ ok: true, value: role });
  });

  test('a login GitHub does not know has no role, but a repository it does not know is a problem', async () => {
    await using api = await startApi(({ path }, count) =>
      path === '/repositories/7' && count === 1 ? { body: { full_name: 'octo/demo' } } : undefined,
    );
    expect(await connect(api).fetchRole(REPOSITORY, { id: 11, login: 'alice' })).toEqual({ ok: true, value: 'none' });
    await using lost = await startApi(() => undefined);
    expect(await connect(lost).fetchRole(REPOSITORY, { id: 11, login: 'alice' })).toMatchObject({
      ok: false,
      problem: { kind: 'gone' },
    });
  });
});

describe('comments', () => {
  test('come from every page, oldest first, without following links to elsewhere', async () => {
    await using api = await startApi(({ query }) => {
      const page = Number(query.get('page'));
      const body = Array.from({ length: page < 3 ? 100 : 5 }, (_, index) => ({
        id: page * 1000 + index,
        body: null,
        html_url: '',
        created_at: '2026-11-21T10:00:00Z',
        updated_at: '2026-11-21T10:00:00Z',
        user: null,
      }));
      return page < 3 ? { body, headers: { link: '<http://127.0.0.1:1/elsewhere?page=2>; rel="next"' } } : { body };
    });
    const comments = await connect(api).fetchComments(REPOSITORY, 1);
    expect(comments.ok && comments.value).toHaveLength(205);
    expect(comments.ok && comments.value[0]).toMatchObject({
      id: 1000,
      body: '',
      appId: null,
      author: { login: 'ghost' },
    });
  });
});

test('what people wrote in comments is without characters that cannot be stored', async () => {
  const comment = {
    id: 1,
    body: 'a\u0000b\ud83d c\u001b\n\td',
    html_url: 'https://github.com/ada/engine/issues/1#issuecomment-1',
    created_at: '2026-11-27T12:00:00Z',
    updated_at: '2026-11-27T12:00:00Z',
    user: null,
  };
  await using api = await startApi(() => ({ body: [comment] }));
  const comments = await connect(api).fetchComments(REPOSITORY, 1);
  expect(comments.ok && comments.value[0]?.body).toBe('ab\ufffd c\n\td');
});

describe('files and branches', () => {
  test.each([
    [
      'a file',
      { type: 'file', size: 5, encoding: 'base64', content: 'aGVs\nbG8=' },
      { ok: true, value: new TextEncoder().encode('hello') },
    ],
    ['a folder', [], { ok: false, problem: { kind: 'invalid' } }],
    ['a submodule', { type: 'submodule' }, { ok: false, problem: { kind: 'invalid' } }],
    [
      'a file too large for the answer',
      { type: 'file', size: 2_000_000, encoding: 'none', content: '' },
      { ok: false, problem: { kind: 'invalid' } },
    ],
  ])('%s', async (_what, body, expected) => {
    await using api = await startApi(() => ({ body }));
    expect(await connect(api).fetchFile(REPOSITORY, { path: 'docs/a b.md', ref: 'main' })).toMatchObject(expected);
    expect(decodeURIComponent(api.seen[0]?.path ?? '')).toBe('/repos/octo/demo/contents/docs/a b.md');
  });

  test('a repository without commits has no branch', async () => {
    await using api = await startApi(() => ({ status: 409, body: { message: 'Git Repository is empty.' } }));
    expect(await connect(api).fetchBranchSha(REPOSITORY, 'main')).toMatchObject({
      ok: false,
      problem: { kind: 'not_found' },
    });
  });
});

describe('pull requests', () => {
  const pull = {
    number: 4,
    html_url: 'https://github.test/octo/demo/pull/4',
    draft: true,
    state: 'open',
    merged_at: null,
    head: { sha: 'abc', ref: 'bosun/x' },
    body: null,
    user: { type: 'Bot' },
  };

  test('are found by their head, the open one before others, with the App that opened them', async () => {
    await using api = await startApi(({ path }) =>
      path.endsWith('/pulls')
        ? {
            body: [
              { ...pull, number: 9, state: 'closed', merged_at: '2026-11-20T10:00:00Z' },
              { ...pull, number: 8, head: { sha: 'x', ref: 'other' } },
              pull,
            ],
          }
        : { body: { performed_via_github_app: { id: 99 } } },
    );
    const found = await connect(api).findPullByHead(REPOSITORY, 'bosun/x');
    expect(found).toMatchObject({
      ok: true,
      value: { number: 4, state: 'open', draft: true, authorAppId: 99, headSha: 'abc' },
    });
    expect(api.seen[0]?.query.get('head')).toBe('octo:bosun/x');
  });

  test('that are not there are null', async () => {
    await using api = await startApi(() => ({ body: [] }));
    expect(await connect(api).findPullByHead(REPOSITORY, 'bosun/x')).toEqual({ ok: true, value: null });
  });
});

describe('check runs', () => {
  test('are found by external id on every page', async () => {
    await using api = await startApi(({ query }) => {
      const isLast = query.get('page') === '2';
      const check_runs = [{ id: isLast ? 2 : 1, name: 'Bosun', external_id: isLast ? 'mine' : 'other' }];
      return { body: { total_count: 2, check_runs }, headers: isLast ? {} : { link: '<x>; rel="next"' } };
    });
    const found = await connect(api).findCheckRun(REPOSITORY, { headSha: 'abc', name: 'Bosun', externalId: 'mine' });
    expect(found).toEqual({ ok: true, value: { id: 2 } });
  });

  test('carry a conclusion only when completed', async () => {
    await using api = await startApi(() => ({ status: 201, body: { id: 3 } }));
    const github = connect(api);
    const check = { name: 'Bosun', headSha: 'abc', externalId: 't', title: 'T', summary: 'S' };
    await github.createCheckRun(REPOSITORY, { ...check, status: 'in_progress' });
    await github.updateCheckRun(REPOSITORY, {
      id: 3,
      title: 'T',
      summary: 'S',
      status: 'completed',
      conclusion: 'success',
    });
    expect(api.seen.map(({ body }) => [body.status, body.conclusion])).toEqual([
      ['in_progress', undefined],
      ['completed', 'success'],
    ]);
  });
});

describe('deliveries', () => {
  function attempt(guid: string, id: string, facts: { code: number; at: string }): string {
    return `{"id":${id},"guid":"${guid}","delivered_at":"${facts.at}","event":"issue_comment","status_code":${facts.code}}`;
  }

  test('only those that never arrived are returned, over all pages back to the given time, with numbers past 2^53', async () => {
    const pages = [
      [
        attempt('c', '3804004623172239366', { code: 502, at: '2026-11-21T12:00:00Z' }),
        attempt('a', '31', { code: 202, at: '2026-11-21T11:00:00Z' }),
      ],
      [
        attempt('a', '30', { code: 500, at: '2026-11-21T10:00:00Z' }),
        attempt('b', '29', { code: 0, at: '2026-11-21T09:00:00Z' }),
      ],
      [attempt('old', '1', { code: 500, at: '2026-11-01T09:00:00Z' })],
      [attempt('never read', '0', { code: 500, at: '2026-11-01T08:00:00Z' })],
    ];
    await using api = await startApi(() => undefined);
    let asked = 0;
    const app = createGitHubApp({
      appId: 99,
      privateKey: APP_KEY.privateKey,
      apiUrl: api.url,
      userAgent: 'bosun-test',
      clock: CLOCK,
      writeLocks: createMemoryWriteLocks(),
      fetch: (input) => {
        const page = Number(new URL(input instanceof Request ? input.url : input).searchParams.get('cursor') ?? 0);
        asked += 1;
        const link = `<${api.url}/app/hook/deliveries?cursor=${page + 1}>; rel="next"`;
        return Promise.resolve(
          new Response(`[${(pages[page] ?? []).join(',')}]`, { headers: { 'content-type': 'application/json', link } }),
        );
      },
    });
    const failed = await app.fetchFailedDeliveries(new Date('2026-11-20T00:00:00Z'));
    expect(failed.ok && failed.value.map(({ guid, id }) => [guid, id])).toEqual([
      ['c', 3804004623172239366n],
      ['b', 29],
    ]);
    expect(asked).toBe(3);
  });

  test('the payload of one is what the webhook carried, and its number keeps all its digits', async () => {
    await using api = await startApi(({ path }) =>
      path.startsWith('/app/hook/deliveries/')
        ? { body: { guid: 'c', event: 'issues', request: { payload: { action: 'labeled', hook: [1, null] } } } }
        : undefined,
    );
    const delivery = await connectApp(api).fetchDelivery(3804004623172239366n);
    expect(delivery).toEqual({
      ok: true,
      value: { guid: 'c', event: 'issues', payload: { action: 'labeled', hook: [1, null] } },
    });
    expect(api.lines()).toEqual(['GET /app/hook/deliveries/3804004623172239366']);
  });
});
