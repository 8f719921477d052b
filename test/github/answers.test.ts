import { describe, expect, test } from 'vitest';
import { COMMENT, REPOSITORY, connectApp } from './connect-app.ts';
import { startApi } from './start-api.ts';

describe('answers', () => {
  test.each([
    ['a server error', { status: 502, body: { message: 'Bad Gateway' } }, { kind: 'unavailable', status: 502 }],
    [
      'a permission that is missing',
      { status: 403, body: { message: 'Resource not accessible by integration' } },
      { kind: 'forbidden' },
    ],
    [
      'a secondary limit with a time',
      { status: 403, headers: { 'retry-after': '30' }, body: { message: 'You have exceeded a secondary rate limit' } },
      { kind: 'limited' },
    ],
    [
      'a secondary limit without a time',
      { status: 403, body: { message: 'You have exceeded a secondary rate limit.' } },
      { kind: 'limited' },
    ],
    [
      'the primary limit',
      {
        status: 403,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '4102444800' },
        body: { message: 'API rate limit exceeded' },
      },
      { kind: 'limited', retryAt: new Date('2100-01-01T00:00:00Z') },
    ],
    ['too many requests', { status: 429, body: {} }, { kind: 'limited' }],
    [
      'a deleted thing',
      { status: 410, body: { message: 'This issue was deleted' } },
      { kind: 'gone', message: 'This issue was deleted' },
    ],
    ['a conflict', { status: 409, body: { message: 'Conflict' } }, { kind: 'conflict' }],
    [
      'an invalid request',
      {
        status: 422,
        body: { message: 'Validation Failed', errors: [{ message: 'A pull request already exists for octo:x.' }] },
      },
      { kind: 'invalid', message: 'Validation Failed: A pull request already exists for octo:x.' },
    ],
    ['an answer that is cut', { cut: true }, { kind: 'unavailable', status: null }],
  ])('%s becomes a problem with its kind', async (_what, reply, problem) => {
    await using api = await startApi(({ method, path }) => {
      if (path === '/repositories/7') {
        return { body: { full_name: 'octo/demo' } };
      }
      return method === 'PATCH' ? reply : undefined;
    });
    const result = await connectApp(api).installation(42).updateComment(REPOSITORY, { id: 5, body: 'x' });
    expect(result).toMatchObject({ ok: false, problem });
  });

  test('a change is sent once, however it failed', async () => {
    await using api = await startApi(({ method, path }) =>
      method === 'POST' && path.endsWith('/comments') ? { status: 502, body: {} } : undefined,
    );
    await connectApp(api).installation(42).createComment(REPOSITORY, { number: 3, body: 'x' });
    expect(api.lines().filter((line) => line.endsWith('/comments'))).toHaveLength(1);
  });

  test('a read is tried again twice', async () => {
    await using api = await startApi(({ path }, count) => {
      if (path !== '/repos/octo/demo/issues/3/comments') {
        return undefined;
      }
      return count < 3 ? { cut: true } : { body: [COMMENT] };
    });
    const result = await connectApp(api).installation(42).fetchComments(REPOSITORY, 3);
    expect(result).toMatchObject({ ok: true, value: [{ id: 5, appId: 99, author: { isBot: true } }] });
  });

  test('an answer that never comes ends in time', async () => {
    await using api = await startApi(({ method }) => (method === 'PATCH' ? { hang: true } : undefined));
    const github = connectApp(api, { timeoutMs: 100 }).installation(42);
    const result = await github.updateComment(REPOSITORY, { id: 5, body: 'x' });
    expect(result).toMatchObject({
      ok: false,
      problem: { kind: 'unavailable', message: 'GitHub did not answer in time' },
    });
  });

  test('after a limit nothing is sent before its time, reads included', async () => {
    let nowMs = Date.now();
    await using api = await startApi(({ method }, count) => {
      if (method !== 'PATCH') {
        return undefined;
      }
      return count === 1
        ? { status: 403, headers: { 'retry-after': '90' }, body: { message: 'secondary rate limit' } }
        : { body: COMMENT };
    });
    const github = connectApp(api, { now: () => new Date(nowMs) }).installation(42);
    await github.updateComment(REPOSITORY, { id: 5, body: 'x' });
    const sent = api.seen.length;
    expect(await github.updateComment(REPOSITORY, { id: 5, body: 'x' })).toMatchObject({
      ok: false,
      problem: { kind: 'limited' },
    });
    const read = await github.fetchComments(REPOSITORY, 3);
    expect(read).toMatchObject({ ok: false, problem: { kind: 'limited', retryAt: new Date(nowMs + 90_000) } });
    expect(api.seen.filter(({ path }) => !path.endsWith('/access_tokens')).length).toBe(sent - 1);
    nowMs += 90_001;
    expect(await github.updateComment(REPOSITORY, { id: 5, body: 'x' })).toMatchObject({ ok: true });
  });

  test('an installation that is limited does not hold up another', async () => {
    await using api = await startApi(({ method, authorization }) => {
      if (method !== 'PATCH') {
        return undefined;
      }
      return authorization.endsWith('ghs_1')
        ? { status: 429, headers: { 'retry-after': '60' }, body: {} }
        : { body: COMMENT };
    });
    const app = connectApp(api);
    expect((await app.installation(1).updateComment(REPOSITORY, { id: 5, body: 'x' })).ok).toBe(false);
    expect((await app.installation(2).updateComment(REPOSITORY, { id: 5, body: 'x' })).ok).toBe(true);
  });
});

describe('stale names', () => {
  const renamed = { id: 7, full_name: 'octo/renamed', name: 'renamed', owner: { login: 'octo' } };

  test.each([
    [
      'moved',
      { status: 301, headers: { location: 'http://127.0.0.1:1/stolen' }, body: { message: 'Moved Permanently' } },
    ],
    [
      'temporarily moved',
      { status: 307, headers: { location: 'http://127.0.0.1:1/stolen' }, body: { message: 'Moved' } },
    ],
    ['taken by somebody else', { status: 404, body: { message: 'Not Found' } }],
  ])('a repository whose name has %s is found by its number, and the change is made there', async (_how, old) => {
    await using api = await startApi(({ path }) => {
      if (path.startsWith('/repos/octo/demo/')) {
        return old;
      }
      if (path === '/repositories/7') {
        return { body: renamed };
      }
      return path === '/repos/octo/renamed/issues/3/comments' ? { status: 201, body: COMMENT } : undefined;
    });
    const github = connectApp(api).installation(42);
    expect(await github.createComment(REPOSITORY, { number: 3, body: 'x' })).toMatchObject({ ok: true });
    expect(await github.createComment(REPOSITORY, { number: 3, body: 'y' })).toMatchObject({ ok: true });
    expect(api.lines().filter((line) => line.startsWith('POST /repos'))).toEqual([
      'POST /repos/octo/demo/issues/3/comments',
      'POST /repos/octo/renamed/issues/3/comments',
      'POST /repos/octo/renamed/issues/3/comments',
    ]);
  });

  test('a repository that is gone is not taken for a file that is not there', async () => {
    await using api = await startApi(() => undefined);
    const result = await connectApp(api)
      .installation(42)
      .fetchFile(REPOSITORY, { path: '.github/bosun.yml', ref: 'main' });
    expect(result).toMatchObject({ ok: false, problem: { kind: 'gone' } });
    expect(await connectApp(api).installation(42).fetchRepository(7)).toMatchObject({
      ok: false,
      problem: { kind: 'gone' },
    });
  });

  test('a file that is not there in a repository that is', async () => {
    await using api = await startApi(({ path }) =>
      path === '/repositories/7' ? { body: { ...renamed, full_name: 'octo/demo' } } : undefined,
    );
    const github = connectApp(api).installation(42);
    const result = await github.fetchFile(REPOSITORY, { path: 'AGENTS.md', ref: 'main' });
    expect(result).toMatchObject({ ok: false, problem: { kind: 'not_found' } });
    await github.fetchFile(REPOSITORY, { path: 'CLAUDE.md', ref: 'main' });
    expect(api.lines().filter((line) => line === 'GET /repositories/7')).toHaveLength(1);
  });

  test('an issue that moved to another repository is gone from this one', async () => {
    await using api = await startApi(({ path }) => {
      if (path === '/repositories/7') {
        return { body: { ...renamed, full_name: 'Octo/demo' } };
      }
      return path.startsWith('/repos/') ? { status: 301, body: { message: 'Moved Permanently' } } : undefined;
    });
    const result = await connectApp(api).installation(42).fetchThread(REPOSITORY, 3);
    expect(result).toMatchObject({ ok: false, problem: { kind: 'gone', status: 301 } });
  });
});
