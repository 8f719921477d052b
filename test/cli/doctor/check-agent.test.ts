import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgeAgent } from '../../../app/cli/doctor/checks/check-agent.ts';
import { checkSandbox, trySandbox } from '../../../app/compute/sandbox/check-sandbox.ts';
import { AGENT_PROGRAM_NAMES, AGENT_PROGRAMS } from '../../../protocol/index.ts';
import { findTestAgent } from '../../worker/agents/find-test-agent.ts';

const sandbox = await checkSandbox();
const skipped = sandbox.ok ? '' : ` (skipped: ${sandbox.reason}. ${sandbox.remedy})`;

test('a sandbox that cannot be made is what is wrong', () => {
  const check = judgeAgent('codex', { made: false, reason: 'no bubblewrap', remedy: 'Install it.' });
  expect(check).toMatchObject({ state: 'fail', found: 'no bubblewrap', remedy: 'Install it.' });
});

describe.skipIf(!sandbox.ok)(`the program of an agent in a sandbox${skipped}`, () => {
  test('is reported as missing with what to install and set', async () => {
    const check = judgeAgent('codex', await trySandbox(['no-such-codex', '--version']));
    expect(check.state).toBe('fail');
    expect(check.remedy).toContain('@openai/codex');
    expect(check.remedy).toContain('BOSUN_WORKER_PATHS');
  });

  for (const name of AGENT_PROGRAM_NAMES) {
    const { directory, note } = findTestAgent(name);
    test.skipIf(directory === null)(`${name} says its version${note}`, { timeout: 30_000 }, async () => {
      const toolPaths = [path.resolve(directory ?? '', '../..')];
      expect(
        judgeAgent(name, await trySandbox([AGENT_PROGRAMS[name].program, '--version'], { toolPaths })),
      ).toMatchObject({ state: 'ok' });
    });
  }
});
