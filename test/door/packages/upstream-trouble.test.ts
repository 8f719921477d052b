import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { DOOR_PATHS } from '../../../protocol/index.ts';
import { TOKEN } from '../attempt-world.ts';
import { refusalOf } from '../open-door.ts';
import { startLocalRegistry } from './local-registry.ts';
import type { Answer } from './local-registry.ts';
import { openMirror, registryAt } from './open-mirror.ts';

const TARBALL = '/left/-/left-1.0.0.tgz';
const BODY = Buffer.from('the archive of left');

async function openWith(answer: Answer, setup: Parameters<typeof openMirror>[0] = {}) {
  const registry = await startLocalRegistry({ [TARBALL]: answer });
  const mirror = await openMirror({ registries: [registryAt('npm', registry.url)], ...setup });
  return { registry, mirror };
}

/** Files of the cache, without those that are being written. */
function cached(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

describe('a registry in trouble gets a clear answer and leaves nothing in the cache', () => {
  const rows: [string, Answer, string][] = [
    ['answers 500', (_q, r) => r.writeHead(500, { 'content-length': 0 }).end(), '502 error PACKAGES_UPSTREAM'],
    ['answers 401', (_q, r) => r.writeHead(401, { 'content-length': 0 }).end(), '502 error PACKAGES_UPSTREAM'],
    ['answers 404', (_q, r) => r.writeHead(404, { 'content-length': 0 }).end(), '404 error NOT_FOUND'],
    ['hangs up at once', (_q, r) => r.destroy(), '502 error PACKAGES_UPSTREAM'],
    [
      'sends less than it said',
      (_q, r) => {
        r.writeHead(200, { 'content-length': 100 });
        r.write('short', () => r.destroy());
      },
      '502 error PACKAGES_UPSTREAM',
    ],
    [
      'breaks off in chunks',
      (_q, r) => {
        r.writeHead(200, { 'transfer-encoding': 'chunked' });
        r.write('short', () => r.destroy());
      },
      '502 error PACKAGES_UPSTREAM',
    ],
    [
      'claims 2 GB',
      (_q, r) => r.writeHead(200, { 'content-length': 2 * 1024 ** 3 }).write('x'),
      '413 error PACKAGE_TOO_LARGE',
    ],
    [
      'says gzip and sends something else',
      (_q, r) => r.writeHead(200, { 'content-encoding': 'gzip', 'content-length': 9 }).end('not a zip'),
      '502 error PACKAGES_UPSTREAM',
    ],
    [
      'answers in an unknown encoding',
      (_q, r) => r.writeHead(200, { 'content-encoding': 'br', 'content-length': 1 }).end('x'),
      '502 error PACKAGES_UPSTREAM',
    ],
    [
      'redirects to a host that is not its own',
      (_q, r) => r.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data', 'content-length': 0 }).end(),
      '502 error PACKAGES_UPSTREAM',
    ],
    [
      'redirects in a circle',
      (_q, r) => r.writeHead(302, { location: TARBALL, 'content-length': 0 }).end(),
      '502 error PACKAGES_UPSTREAM',
    ],
    ['stops sending', (_q, r) => r.writeHead(200, { 'content-length': 9 }).write('x'), '502 error PACKAGES_UPSTREAM'],
    ['never answers', () => undefined, '502 error PACKAGES_UPSTREAM'],
  ];
  test.each(rows)('it %s', async (_name, answer, expected) => {
    const { mirror } = await openWith(answer, {
      packages: { answerMs: 300, silenceMs: 300, followAfterMs: 60_000 },
    });
    expect(await refusalOf(await mirror.get(`npm${TARBALL}`))).toBe(expected);
    expect(cached(mirror.cacheDirectory)).toEqual([]);
  });

  test('more bytes than allowed without a length cut the download', async () => {
    const { mirror } = await openWith((_q, r) => r.writeHead(200).end('x'.repeat(5_000)), {
      packages: { archiveBytes: 1_000 },
    });
    expect(await refusalOf(await mirror.get(`npm${TARBALL}`))).toBe('502 error PACKAGES_UPSTREAM');
  });

  test('one failure is tried again, and the client sees none of it', async () => {
    let asked = 0;
    const { mirror } = await openWith((_q, r) => {
      asked += 1;
      if (asked === 1) {
        r.destroy();
      } else {
        r.writeHead(200, { 'content-length': BODY.length }).end(BODY);
      }
    });
    expect(await (await mirror.get(`npm${TARBALL}`)).text()).toBe(BODY.toString());
  });

  test('a slow download is passed on while it continues, and cut when it fails', async () => {
    const { mirror } = await openWith(
      (_q, r) => {
        r.writeHead(200, { 'content-length': 100 });
        r.write('first part');
        setTimeout(() => r.destroy(), 600);
      },
      { packages: { followAfterMs: 50 } },
    );
    const answer = await mirror.get(`npm${TARBALL}`);
    expect(answer.status).toBe(200);
    await expect(answer.arrayBuffer()).rejects.toThrow('terminated');
    expect(cached(mirror.cacheDirectory)).toEqual([]);
  });

  test('older metadata is served while the registry is down', async () => {
    let now = new Date();
    const { mirror, registry } = await openWith(BODY, { now: () => now });
    registry.files.set('/left', { name: 'left' });
    await (await mirror.get('npm/left')).text();
    registry.files.set('/left', (_q, r) => r.destroy());
    now = new Date(now.getTime() + 3_600_000);
    expect(await (await mirror.get('npm/left')).json()).toEqual({ name: 'left' });
  });

  test.each([
    ['changed', (file: Buffer) => Buffer.concat([file.subarray(0, -3), Buffer.from('bad')])],
    ['cut', (file: Buffer) => file.subarray(0, -3)],
    ['emptied', () => Buffer.alloc(0)],
  ])('a file of the cache that was %s on disk is fetched again', async (_name, damage) => {
    const { mirror, registry } = await openWith(BODY);
    await (await mirror.get(`npm${TARBALL}`)).text();
    const [file = ''] = cached(mirror.cacheDirectory);
    writeFileSync(file, damage(readFileSync(file)));
    expect(await (await mirror.get(`npm${TARBALL}`)).text()).toBe(BODY.toString());
    expect(registry.requests).toHaveLength(2);
  });

  test('the least recently used downloads go when the cache is full', async () => {
    const registry = await startLocalRegistry();
    const mirror = await openMirror({ registries: [registryAt('npm', registry.url)], cacheBytes: 40_000 });
    for (const version of ['1.0.0', '2.0.0', '3.0.0', '4.0.0']) {
      registry.files.set(`/left/-/left-${version}.tgz`, Buffer.alloc(10_000, version));
      await (await mirror.get(`npm/left/-/left-${version}.tgz`)).arrayBuffer();
    }
    const bytes = cached(mirror.cacheDirectory).reduce((sum, file) => sum + readFileSync(file).length, 0);
    expect(bytes).toBeLessThanOrEqual(40_000);
  });
});

describe('a worker that wants more than packages', () => {
  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('%s is refused', async (method) => {
    const { mirror, registry } = await openWith(BODY);
    expect(await refusalOf(await mirror.get('npm/left', { method }))).toBe('405 error METHOD_NOT_ALLOWED');
    expect(registry.requests).toEqual([]);
  });

  test.each([
    ['CONNECT evil.example:443 HTTP/1.1', 'evil.example'],
    [`GET http://evil.example${DOOR_PATHS.packages}/npm/left HTTP/1.1`, 'door'],
    [`GET ${DOOR_PATHS.packages}/npm/../../../../etc/passwd HTTP/1.1`, 'door'],
    [`GET ${DOOR_PATHS.packages}/npm/left?x=secret HTTP/1.1`, 'door'],
    [`GET /x/..${DOOR_PATHS.packages}/npm/left HTTP/1.1`, 'door'],
  ])('%s does not reach a registry', async (line, host) => {
    const { mirror, registry } = await openWith(BODY);
    const answer = await mirror.raw(
      `${line}\r\nhost: ${host}\r\nauthorization: Bearer ${TOKEN}\r\nconnection: close\r\n\r\n`,
    );
    expect(answer).not.toContain(' 200 ');
    expect(registry.requests).toEqual([]);
  });

  test('a forged host header does not lead clients elsewhere', async () => {
    const { mirror, registry } = await openWith(BODY);
    registry.files.set('/left', { dist: { tarball: `${registry.url}${TARBALL}` } });
    const answer = await mirror.raw(
      `GET ${DOOR_PATHS.packages}/npm/left HTTP/1.1\r\nhost: evil.example/x"y\r\nauthorization: Bearer ${TOKEN}\r\nconnection: close\r\n\r\n`,
    );
    expect(answer).not.toContain('evil.example');
  });

  test('requests and bytes of an attempt are bounded', async () => {
    const { mirror } = await openWith(BODY, { limits: { packageRequests: 2 } });
    await (await mirror.get(`npm${TARBALL}`)).text();
    await (await mirror.get(`npm${TARBALL}`)).text();
    expect(await refusalOf(await mirror.get(`npm${TARBALL}`))).toBe('403 error PACKAGES_LIMIT');
  });

  test('the credential of a private registry goes there and nowhere else', async () => {
    const other = await startLocalRegistry({ '/files/x.whl': 'wheel' });
    const registry = await startLocalRegistry({
      '/packages/x.whl': (_q, r) =>
        r.writeHead(302, { location: `${other.url}/files/x.whl`, 'content-length': 0 }).end(),
    });
    const mirror = await openMirror({
      registries: [
        registryAt('pypi', registry.url, {
          name: 'acme',
          hosts: { files: other.url },
          authorization: 'Bearer hunter2',
        }),
      ],
    });
    const answer = await mirror.get('acme/packages/x.whl', { headers: { cookie: 'a=b' } });
    expect(await answer.text()).toBe('wheel');
    expect(registry.received[0]?.headers.authorization).toBe('Bearer hunter2');
    expect(other.received[0]?.headers.authorization).toBeUndefined();
    expect(registry.received[0]?.headers.cookie).toBeUndefined();
  });
});
