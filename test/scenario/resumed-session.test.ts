import { chmod, copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkSandbox } from '../../app/compute/sandbox/check-sandbox.ts';
import { withScenario } from './open-scenario.ts';
import { openPlace } from './repositories.ts';

const check = await checkSandbox();
const isSkipped = !check.ok && process.env['TEST_NO_SKIPS'] !== '1';
const why = check.ok ? '' : ` (skipped: ${check.reason}. ${check.remedy})`;

const programs = await mkdtemp(path.join(tmpdir(), 'bosun-programs-'));
afterAll(() => rm(programs, { recursive: true }));
await copyFile(
  new URL('../fixture/programs/remembering-claude.mjs', import.meta.url),
  path.join(programs, 'claude.mjs'),
);
await writeFile(path.join(programs, 'claude'), `#!/bin/sh\nexec node ${programs}/claude.mjs "$@"\n`);
await Promise.all([chmod(programs, 0o755), chmod(path.join(programs, 'claude'), 0o755)]);
await chmod(path.join(programs, 'claude.mjs'), 0o644);

describe.skipIf(isSkipped)(`the session of Claude Code${why}`, () => {
  const scenario = withScenario({
    script: ({ messages }) => (JSON.stringify(messages).includes('turn 7') ? { fault: 'hang' } : { text: 'Hello.' }),
    compute: 'sandbox',
    settings: { BOSUN_WORKER_PATHS: programs },
  });
  const config = 'agent: claude-code\nsetup: none\nverify: none';

  test('is resumed by a retry, and the comment says so', { timeout: 300_000 }, async () => {
    const place = await openPlace(scenario(), { config });
    await place.comment('/implement');
    const first = await place.ended();
    expect(first.outcome?.summary).toContain('I remember 0 turns.');
    expect(place.answers().at(-1)?.body).not.toContain('session');
    await place.comment('/retry');
    const second = await place.waitForTask((task) => task.id !== first.id && task.finishedAt !== null);
    expect(second.outcome?.summary).toContain('I remember 1 turns.');
    expect(await place.told(/Claude Code resumed its session/)).toContain(first.id);
    await place.comment('/retry --from-scratch');
    const third = await place.waitForTask(
      (task) => ![first.id, second.id].includes(task.id) && task.finishedAt !== null,
    );
    expect(third.outcome?.summary).toContain('I remember 0 turns.');
  });

  test('is resumed by the next attempt when the worker was lost', { timeout: 300_000 }, async () => {
    const place = await openPlace(scenario(), { config, files: { 'README.md': 'It is lost.\n' } });
    const { bosun, dataDir } = scenario();
    await place.comment('/implement');
    const { id } = await place.waitForTask((row) => row.state === 'RUNNING');
    const kept = (): Promise<unknown> => bosun.storage.artifacts.get(`${id}/1/conversation.bin`);
    await expect.poll(kept, { timeout: 200_000 }).not.toBeNull();
    await killWorkers(dataDir);
    const task = await place.ended();
    expect(task).toMatchObject({ epoch: 2, state: 'COMPLETED', failure: null });
    // What came after it was kept is not in it
    expect(task.outcome?.summary).toContain('I remember 6 turns.');
    expect(await place.told(/Claude Code resumed its session/)).toContain('attempt 2');
  });
});

/** Every process that names the data directory: the sandboxes of its workers. */
async function killWorkers(dataDir: string): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
    if ((await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')).includes(dataDir)) {
      process.kill(Number(pid), 'SIGKILL');
    }
  }
}
