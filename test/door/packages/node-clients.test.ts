import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { startLocalRegistry } from './local-registry.ts';
import { publishNpm } from './npm-packages.ts';
import { registryAt } from './open-mirror.ts';
import { openWorker } from './open-worker.ts';
import { TOKEN } from '../attempt-world.ts';

const TIME = 120_000;
const MANIFEST = JSON.stringify({
  name: 'app',
  version: '1.0.0',
  dependencies: { left: '^1.0.0', '@acme/right': '1.0.0' },
});

async function openNpmWorker() {
  const registry = await startLocalRegistry();
  publishNpm(registry, { name: 'left', dependencies: { deep: '1.0.0' } });
  publishNpm(registry, { name: 'deep' });
  publishNpm(registry, { name: '@acme/right' });
  const worker = await openWorker([registryAt('npm', registry.url)], { 'package.json': MANIFEST });
  return { registry, worker };
}

describe('npm behind the forwarder', () => {
  test(
    'installs a tree, scoped packages included, and the token is nowhere in its reach',
    { timeout: TIME },
    async () => {
      const { registry, worker } = await openNpmWorker();
      const installed = await worker.run('npm install --no-package-lock && env && cat "$HOME/.npmrc"');
      expect(installed.output).not.toContain(TOKEN);
      expect(installed).toMatchObject({ code: 0 });
      const index = await readFile(path.join(worker.repository, 'node_modules/deep/index.js'), 'utf8');
      expect(index).toContain('deep@1.0.0');
      expect(registry.requests.filter((request) => !request.startsWith('GET '))).toEqual([]);
    },
  );

  test(
    '`npm ci` takes archives from the mirror, though the lock file names the public registry',
    { timeout: TIME },
    async () => {
      const { worker } = await openNpmWorker();
      const locked = await worker.run(
        `npm install --package-lock-only && sed -i 's#${worker.baseUrl}/npm/#https://registry.npmjs.org/#' package-lock.json && npm cache clean --force && npm ci`,
      );
      expect(locked).toMatchObject({ code: 0 });
    },
  );

  test('a registry that is down ends the installation soon and says why', { timeout: TIME }, async () => {
    const { registry, worker } = await openNpmWorker();
    registry.files.set('/left', (_request, response) => response.writeHead(500, { 'content-length': 0 }).end());
    const failed = await worker.run('npm install --no-package-lock');
    expect(failed.code).toBe(1);
    expect(failed.output).toContain('npm answered with HTTP 500');
  });
});
