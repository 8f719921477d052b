import { createVerify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createGitHubApp } from '../../app/github/create-github-app.ts';
import type { GitHubNotice } from '../../app/github/create-github-app.ts';
import { APP_KEY } from './app-key.ts';
import { COMMENT, REPOSITORY, connectApp } from './connect-app.ts';
import { startApi } from './start-api.ts';
import { createMemoryWriteLocks } from '../../app/store/memory/memory-write-locks.ts';

function claimsOf(authorization: string): { iat: number; exp: number; iss: string } {
  const [head = '', payload = '', signature = ''] = authorization.replace(/^bearer /i, '').split('.');
  const isSigned = createVerify('RSA-SHA256')
    .update(`${head}.${payload}`)
    .verify(APP_KEY.publicKey, signature, 'base64url');
  expect(isSigned).toBe(true);
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
}

describe('tokens', () => {
  test('a token is narrowed to one repository and one purpose, and used until shortly before it expires', async () => {
    let nowMs = Date.now();
    await using api = await startApi(({ path }) => (path.endsWith('/comments/5') ? { body: COMMENT } : undefined));
    const github = connectApp(api, { now: () => new Date(nowMs) }).installation(42);

    await github.updateComment(REPOSITORY, { id: 5, body: 'one' });
    await github.updateComment(REPOSITORY, { id: 5, body: 'two' });
    nowMs += 56 * 60_000;
    await github.updateComment(REPOSITORY, { id: 5, body: 'three' });

    const mints = api.seen.filter(({ path }) => path === '/app/installations/42/access_tokens');
    expect(mints).toHaveLength(2);
    expect(mints[0]?.body).toEqual({
      repository_ids: [7],
      permissions: { metadata: 'read', issues: 'write', pull_requests: 'write' },
    });
    expect(claimsOf(mints[0]?.authorization ?? '').iss).toBe('99');
    expect(api.seen.filter(({ method }) => method === 'PATCH').map(({ authorization }) => authorization)).toEqual([
      'token ghs_1',
      'token ghs_1',
      'token ghs_2',
    ]);
  });

  test('a refused token is minted again once', async () => {
    await using api = await startApi(({ path, authorization }) => {
      if (!path.endsWith('/comments/5')) {
        return undefined;
      }
      return authorization.endsWith('ghs_1')
        ? { status: 401, body: { message: 'Bad credentials' } }
        : { body: COMMENT };
    });
    const result = await connectApp(api).installation(42).updateComment(REPOSITORY, { id: 5, body: 'x' });
    expect(result.ok).toBe(true);
    expect(api.lines().filter((line) => line.endsWith('/access_tokens'))).toHaveLength(2);
  });

  test('a token that is refused again is a problem, not a loop', async () => {
    await using api = await startApi(({ path }) =>
      path.endsWith('/comments/5') ? { status: 401, body: { message: 'Bad credentials' } } : undefined,
    );
    const result = await connectApp(api).installation(42).updateComment(REPOSITORY, { id: 5, body: 'x' });
    expect(result).toMatchObject({ ok: false, problem: { kind: 'unauthorized', status: 401 } });
    expect(api.lines().filter((line) => line.startsWith('PATCH'))).toHaveLength(2);
  });

  test('callers at the same time share one minting', async () => {
    await using api = await startApi(({ path }) => (path.includes('/issues/3') ? { body: [] } : undefined));
    const github = connectApp(api).installation(42);
    await Promise.all([github.fetchComments(REPOSITORY, 3), github.fetchComments(REPOSITORY, 3)]);
    expect(api.lines().filter((line) => line.endsWith('/access_tokens'))).toHaveLength(1);
  });

  test.each([
    ['the App was uninstalled', { status: 404, body: { message: 'Not Found' } }, 'gone'],
    [
      'the repository left the installation',
      {
        status: 422,
        body: {
          message:
            'There is at least one repository that does not exist or is not accessible to the parent installation.',
        },
      },
      'gone',
    ],
    [
      'a permission is not granted',
      { status: 422, body: { message: 'The permissions requested are not granted to this installation.' } },
      'forbidden',
    ],
    [
      'the installation is suspended',
      { status: 403, body: { message: 'This installation has been suspended' } },
      'forbidden',
    ],
    ['the key is wrong', { status: 401, body: { message: 'A JSON web token could not be decoded' } }, 'unauthorized'],
  ])('when %s, no answer reads as "not there"', async (_why, reply, kind) => {
    await using api = await startApi(({ path }) => (path.endsWith('/access_tokens') ? reply : { body: {} }));
    const result = await connectApp(api).installation(42).fetchFile(REPOSITORY, { path: 'a.md', ref: 'main' });
    expect(result).toMatchObject({ ok: false, problem: { kind } });
  });

  test('a repository token for publishing is fresh, may write contents and is revoked even when its use throws', async () => {
    await using api = await startApi(({ path }) => (path === '/installation/token' ? { status: 204 } : undefined));
    const github = connectApp(api).installation(42);
    const used = await github.withRepositoryToken(REPOSITORY, 'publish', (token) => Promise.resolve(`used ${token}`));
    expect(used).toEqual({ ok: true, value: 'used ghs_1' });
    await expect(
      github.withRepositoryToken(REPOSITORY, 'publish', () => Promise.reject(new Error('push failed'))),
    ).rejects.toThrow('push failed');

    expect(api.seen[0]?.body.permissions).toMatchObject({ contents: 'write', pull_requests: 'write' });
    const revoked = api.seen.filter(({ method }) => method === 'DELETE').map(({ authorization }) => authorization);
    expect(revoked).toEqual(['token ghs_1', 'token ghs_2']);
  });

  test('a token that cannot be revoked is reported, without the token', async () => {
    const notices: GitHubNotice[] = [];
    await using api = await startApi(({ path }) =>
      path === '/installation/token' ? { status: 500, body: {} } : undefined,
    );
    const github = connectApp(api, { onNotice: (notice) => notices.push(notice) }).installation(42);
    const used = await github.withRepositoryToken(REPOSITORY, 'read', () => Promise.resolve('done'));
    expect(used.ok).toBe(true);
    expect(notices).toMatchObject([{ kind: 'revoke_failed', installationId: 42 }]);
    expect(JSON.stringify(notices)).not.toContain('ghs_');
  });

  test('a wrong clock is corrected by the time of GitHub', async () => {
    const aheadMs = 30 * 60_000;
    await using api = await startApi(({ path, authorization }) => {
      const claims = claimsOf(authorization);
      const isGood = path === '/app' && claims.iat * 1000 <= Date.now() + 60_000;
      return isGood
        ? { body: { id: 99, slug: 'bosun', name: 'Bosun' } }
        : { status: 401, body: { message: 'iat is in the future' } };
    });
    const app = connectApp(api, { now: () => new Date(Date.now() + aheadMs) });
    expect(await app.fetchSelf()).toMatchObject({ ok: true, value: { slug: 'bosun' } });
    expect(await app.fetchSelf()).toMatchObject({ ok: true });
    expect(api.seen).toHaveLength(3);
  });

  test('a key that is none is refused at once, with what is expected', () => {
    expect(() =>
      createGitHubApp({
        appId: 1,
        privateKey: 'nonsense',
        apiUrl: 'http://127.0.0.1:1',
        userAgent: 'x',
        clock: { now: () => new Date() },
        writeLocks: createMemoryWriteLocks(),
      }),
    ).toThrow(/PEM file of an RSA key is expected/);
  });
});
