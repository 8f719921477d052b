import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createSandboxCompute } from '../../../app/compute/sandbox-compute.ts';
import { checkSandbox } from '../../../app/compute/sandbox/check-sandbox.ts';
import type { ModelReply } from '../../../demo/model/model-script.ts';
import { AGENT_PROGRAM_NAMES } from '../../../protocol/index.ts';
import type { AgentProgramName } from '../../../protocol/index.ts';
import { QUIET } from '../../compute/quiet.ts';
import { openWorker } from '../worker-harness.ts';
import { findTestAgent } from './find-test-agent.ts';

const WORKER = new URL('../../../worker/main.ts', import.meta.url).pathname;
type ToolUse = NonNullable<ModelReply['toolUse']>[number];

const session = { taskId: 'A', epoch: 1 };
const check = await checkSandbox();

function openSandbox(home: string, doorSocketPath: string, toolPaths: readonly string[]) {
  return createSandboxCompute({
    directory: path.join(home, 'sessions'),
    doorSocketPath,
    workerEntry: WORKER,
    nodePath: process.execPath,
    toolPaths,
    compile: 'each time',
    log: QUIET,
  });
}

/** The directory that an operator names: into which the packages were installed, or which has the program. */
function toolPathOf(directory: string): string {
  return directory.endsWith('/node_modules/.bin') ? path.resolve(directory, '../..') : directory;
}

async function runInSandbox(name: AgentProgramName, options: { toolPaths: readonly string[]; shell: ToolUse }) {
  const harness = await openWorker([{ toolUse: [options.shell] }, { text: 'Wrote it from inside.' }]);
  const compute = openSandbox(harness.home, harness.door.socketPath, options.toolPaths);
  const { workDir: _, ...job } = {
    ...harness.job,
    agent: { kind: name },
    model: 'claude-sonnet-5',
    timeoutMs: 120_000,
  };
  const limits = {
    memoryBytes: 4 * 2 ** 30,
    processes: 512,
    fileBytes: 2 ** 28,
    outputBytes: 8_192,
    diskBytes: 2 ** 30,
  };
  const started = await compute.start({ session, limits, job: { ...job, door: { token: job.door.token } } });
  expect(started).toEqual({ started: true });
  await compute.ended(session);
  await compute.clean(session);
  return { result: harness.door.result(), pushed: harness.pushed };
}

const SHELLS: Readonly<Record<AgentProgramName, ToolUse>> = {
  'claude-code': { name: 'Bash', input: { command: 'echo kept > new.txt', description: 'Run a command' } },
  codex: { name: 'exec_command', input: { cmd: 'echo kept > new.txt' } },
  opencode: { name: 'bash', input: { command: 'echo kept > new.txt', description: 'Run a command' } },
};

for (const name of AGENT_PROGRAM_NAMES) {
  const found = findTestAgent(name);
  describe.skipIf(!check.ok || found.directory === null)(`${name} in a sandbox${found.note}`, () => {
    test('plays the whole journey through one socket', { timeout: 120_000 }, async () => {
      const { result, pushed } = await runInSandbox(name, {
        toolPaths: [toolPathOf(found.directory ?? '')],
        shell: SHELLS[name],
      });
      expect(result).toMatchObject({ ending: 'done', summary: 'Wrote it from inside.', turns: 2 });
      expect(await pushed()).toMatchObject({ 'new.txt': 'kept' });
    });
  });
}

describe.skipIf(!check.ok)('an agent that the sandbox does not show', () => {
  test('is a mistake of the configuration', { timeout: 60_000 }, async () => {
    const { result } = await runInSandbox('codex', { toolPaths: [], shell: SHELLS.codex });
    expect(result).toMatchObject({ ending: 'agent_error', code: 'AGENT_NOT_FOUND' });
    expect(result?.reason).toContain('`codex` was not found');
    expect(result?.reason).toContain('BOSUN_WORKER_PATHS');
  });
});
