import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkSandbox } from '../../app/compute/sandbox/check-sandbox.ts';
import { processesNamed } from '../compute/processes-named.ts';
import { startLocalRegistry } from '../door/packages/local-registry.ts';
import type { LocalRegistry } from '../door/packages/local-registry.ts';
import { publishNpm } from '../door/packages/npm-packages.ts';
import { openPlace } from './repositories.ts';
import { withScenarios } from './open-scenario.ts';

const check = await checkSandbox();
const openScenario = withScenarios();
const AGENT = `node ask.mjs; echo '{"status":"done","summary":"Done."}' > "$BOSUN_RESULT_FILE"; date > done.txt`;
const DAEMON = '19720104';
const OUTSIDE = '/usr/bosun-was-here';

/** What set-up runs, and what the comment has to report about it. */
const ROWS: readonly [name: string, setup: string, says: RegExp][] = [
  ['a lock file that does not match', 'npm ci', /lock file does not match/],
  ['a registry that is down', 'npm install is-down', /not reachable|package registry|HTTP 50/],
  ['a registry that answers 401', 'npm install is-private', /HTTP 401|refused access/],
  ['an archive that is cut off', 'npm install is-cut', /incomplete|damaged|length|HTTP 50/],
  ['an archive with a wrong hash', 'npm install is-wrong', /damaged/],
  ['an archive of 2 GB', 'npm install is-huge', /larger than the mirrors/],
  ['a package that is not there', 'npm install is-absent', /does not exist in the registries/],
  ['a git dependency', 'npm install github:acme/lib', /comes from a git address/],
  ['a tool that is not there', 'no-such-tool --now', /command not found/],
  [
    'one that fills the disk',
    'i=0; while true; do i=$((i+1)); head -c 8m /dev/zero > "$HOME/$i" || exit 3; done',
    /BOSUN_WORKER_DISK/,
  ],
  ['one that forks', 'while true; do sleep 3600 & done', /BOSUN_WORKER_PROCESSES/],
  ['one that writes outside', `echo x > ${OUTSIDE}`, /exit code 2|Read-only file system/],
  ['a set-up that never ends', 'sleep 3600', /timed out/],
];

/** A package of each kind of trouble. */
function publishTrouble(registry: LocalRegistry): void {
  for (const name of ['is-down', 'is-private', 'is-cut', 'is-wrong', 'is-huge', 'left']) {
    publishNpm(registry, { name });
  }
  const archive = (name: string): string => `/${name}/-/${name}-1.0.0.tgz`;
  registry.files.set('/is-down', (_q, r) => r.writeHead(503, { 'content-length': 0 }).end());
  registry.files.set('/is-private', (_q, r) => r.writeHead(401, { 'content-length': 0 }).end());
  registry.files.set(archive('is-cut'), (_q, r) => {
    r.writeHead(200, { 'content-length': 100_000 });
    r.write('short', () => r.destroy());
  });
  registry.files.set(archive('is-wrong'), registry.files.get(archive('left')) ?? '');
  registry.files.set(archive('is-huge'), (_q, r) => r.writeHead(200, { 'content-length': 2 * 1024 ** 3 }).write('x'));
}

test.skipIf(!check.ok)('each bad set-up gets a clear answer, and the task goes on', { timeout: 400_000 }, async () => {
  const registry = await startLocalRegistry();
  publishTrouble(registry);
  const directory = await mkdtemp(path.join(tmpdir(), 'bosun-config-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const config = path.join(directory, 'bosun.yaml');
  await writeFile(config, `registries:\n  npm:\n    url: ${registry.url}\n`);
  const scenario = await openScenario({
    compute: 'sandbox',
    script: [{ text: 'Hello.' }],
    settings: { BOSUN_CONFIG: config, BOSUN_WORKER_DISK: '128m', BOSUN_WORKER_PROCESSES: '96' },
  });
  for (const [name, setup, says] of ROWS) {
    const place = await openPlace(scenario, {
      agent: AGENT,
      config: `setup: ${JSON.stringify(setup)}\nverify: none\ntimeout: ${/never ends/.test(name) ? '80s' : '10m'}`,
      files: {
        'package.json': '{"name":"app","version":"1.0.0","dependencies":{"left":"1.0.0"}}',
        'package-lock.json': '{"name":"app","version":"1.0.0","lockfileVersion":3,"packages":{"":{"name":"app"}}}',
      },
    });
    await place.comment('/implement');
    const comment = await place.told(/The set-up failed/);
    expect.soft(comment, name).toMatch(says);
    expect.soft(await place.ended(), name).toMatchObject({ state: 'COMPLETED' });
  }
  expect(existsSync(OUTSIDE)).toBe(false);
});

test.skipIf(!check.ok)('a daemon that set-up leaves ends with it', { timeout: 120_000 }, async () => {
  const scenario = await openScenario({ compute: 'sandbox', script: [{ text: 'Hello.' }] });
  const place = await openPlace(scenario, {
    agent: AGENT,
    config: `setup: "setsid sleep ${DAEMON} > /dev/null 2>&1 &"`,
  });
  await place.comment('/implement');
  expect(await place.ended()).toMatchObject({ state: 'COMPLETED' });
  expect(processesNamed(`sleep\0${DAEMON}\0`)).toBe(0);
});

test.skipIf(!check.ok)(
  'of two tasks that need the same environment one prepares it, and one waits',
  { timeout: 120_000 },
  async () => {
    const scenario = await openScenario({ compute: 'sandbox', script: [{ text: 'Hello.' }] });
    const place = await openPlace(scenario, {
      agent: `${AGENT}; cp node_modules/stamp stamp.txt`,
      config: 'setup: "mkdir -p node_modules && sleep 3 && date +%s%N > node_modules/stamp"\nconcurrency: 2',
    });
    const other = scenario.openIssue({ repository: place.repository });
    await Promise.all([place.comment('/implement'), other.comment('/implement')]);
    const tasks = await Promise.all([place.ended(), other.waitForTask((task) => task.finishedAt !== null)]);
    const stamps = await Promise.all(
      tasks.map((task) => scenario.github.readFile(place.repository, { path: 'stamp.txt', ref: task.branch })),
    );
    expect(stamps[0]).toMatch(/^\d+\n$/);
    expect(stamps[1]).toBe(stamps[0]);
  },
);
