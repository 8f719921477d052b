import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
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
    script: () => ({ text: 'Hello.' }),
    compute: 'sandbox',
    settings: { BOSUN_WORKER_PATHS: programs },
  });
  const config = 'agent: claude-code\nsetup: none\nverify: none';

  test('is resumed by a retry, and the comment says so', { timeout: 120_000 }, async () => {
    const place = await openPlace(scenario(), { config });
    await place.comment('/implement');
    const first = await place.ended();
    expect(first.outcome?.summary).toContain('I remember 0 turns.');
    expect(place.answers().at(-1)?.body).not.toContain('session');
    await place.comment('/retry');
    const second = await place.waitForTask((task) => task.id !== first.id && task.finishedAt !== null);
    expect(second.outcome?.summary).toContain('I remember 1 turns.');
    expect(await place.told(/Claude Code resumed its session/)).toContain(`retry of \`${first.id}\``);
    await place.comment('/retry --from-scratch');
    const third = await place.waitForTask(
      (task) => ![first.id, second.id].includes(task.id) && task.finishedAt !== null,
    );
    expect(third.outcome?.summary).toContain('I remember 0 turns.');
  });

  test('is resumed by the next attempt when the worker was lost', { timeout: 120_000 }, async () => {
    const place = await openPlace(scenario(), { config, files: { 'README.md': 'It dies.\n' } });
    await place.comment('/implement');
    const task = await place.ended();
    expect(task).toMatchObject({ epoch: 2, state: 'COMPLETED' });
    // What it did after the session was kept last is not in it
    expect(task.outcome?.summary).toContain('I remember 5 turns.');
    expect(await place.told(/Claude Code resumed its session/)).toContain('attempt 2');
  });
});
