import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const BOSUN = new URL('../../app/cli/bosun.ts', import.meta.url).pathname;

/** The README's first command, without the part that waits for Ctrl-C. */
test('bosun demo --once --json plays the whole story to a draft pull request', { timeout: 180_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [BOSUN, 'demo', '--once', '--json']);
  const journey = JSON.parse(stdout) as Record<string, unknown>;
  expect(journey).toMatchObject({
    task: { state: 'COMPLETED' },
    pull_request: { draft: true },
    check_run: { conclusion: expect.any(String) },
    comment: { body: expect.stringContaining('#2') },
  });
  expect(journey['cost']).toMatchObject({ usd: expect.not.stringMatching(/^0\.00$/) });
});
