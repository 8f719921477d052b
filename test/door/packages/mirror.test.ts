import { describe, expect, test } from 'vitest';
import { DOOR_PATHS } from '../../../protocol/index.ts';
import { refusalOf } from '../open-door.ts';
import { startLocalRegistry } from './local-registry.ts';
import { publishNpm } from './npm-packages.ts';
import { openMirror, registryAt } from './open-mirror.ts';

async function openNpm(setup: Parameters<typeof openMirror>[0] = {}) {
  const registry = await startLocalRegistry();
  const tarball = publishNpm(registry, { name: 'left' });
  const mirror = await openMirror({ registries: [registryAt('npm', registry.url)], ...setup });
  return { registry, tarball, mirror };
}

const TARBALL = '/left/-/left-1.0.0.tgz';

describe('a package mirror', () => {
  test('serves metadata whose archives are at the mirror, and the archives', async () => {
    const { mirror, tarball } = await openNpm();
    const packument = (await (await mirror.get('npm/left')).json()) as any;
    const url = packument.versions['1.0.0'].dist.tarball;
    expect(url).toBe(`${mirror.url}${DOOR_PATHS.packages}/npm${TARBALL}`);
    const answer = await mirror.get(`npm${TARBALL}`);
    expect(answer.status).toBe(200);
    expect(Buffer.from(await answer.arrayBuffer()).equals(tarball)).toBe(true);
  });

  test('fetches an archive once, and metadata again only when it is no longer fresh', async () => {
    let now = new Date();
    const { mirror, registry } = await openNpm({ now: () => now });
    await (await mirror.get('npm/left')).text();
    await (await mirror.get('npm/left')).text();
    await (await mirror.get(`npm${TARBALL}`)).arrayBuffer();
    now = new Date(now.getTime() + 3_600_000);
    await (await mirror.get(`npm${TARBALL}`)).arrayBuffer();
    const later = await mirror.get('npm/left');
    expect(later.status).toBe(200);
    expect(registry.requests).toEqual(['GET /left', `GET ${TARBALL}`, 'GET /left']);
    expect(registry.received[2]?.headers['if-none-match']).toBeDefined();
  });

  test('fetches what many ask for at once only once', async () => {
    const { mirror, registry, tarball } = await openNpm();
    const answers = await Promise.all(Array.from({ length: 20 }, () => mirror.get(`npm${TARBALL}`)));
    for (const answer of answers) {
      expect(Buffer.from(await answer.arrayBuffer()).equals(tarball)).toBe(true);
    }
    expect(registry.requests).toEqual([`GET ${TARBALL}`]);
  });

  test('answers ranges and conditions from the cache', async () => {
    const { mirror, tarball } = await openNpm();
    const whole = await mirror.get(`npm${TARBALL}`);
    const etag = whole.headers.get('etag') ?? '';
    await whole.arrayBuffer();
    const part = await mirror.get(`npm${TARBALL}`, { headers: { range: 'bytes=2-5' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 2-5/${tarball.length}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(tarball.subarray(2, 6))).toBe(true);
    const same = await mirror.get(`npm${TARBALL}`, { headers: { 'if-none-match': etag } });
    expect(same.status).toBe(304);
    const beyond = await mirror.get(`npm${TARBALL}`, { headers: { range: `bytes=${tarball.length}-` } });
    expect(beyond.status).toBe(416);
    const head = await mirror.get(`npm${TARBALL}`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(tarball.length)]);
  });

  test('is closed to a session that does not prepare an environment', async () => {
    const { mirror, registry } = await openNpm();
    mirror.closePackages();
    expect(await refusalOf(await mirror.get('npm/left'))).toBe('403 error PACKAGES_CLOSED');
    expect(registry.requests).toEqual([]);
  });

  test('needs the token of an attempt', async () => {
    const { mirror } = await openNpm();
    const answer = await mirror.get('npm/left', { headers: { authorization: 'Bearer wrong' } });
    expect(await refusalOf(answer)).toBe('401 error UNKNOWN_TOKEN');
  });
});
