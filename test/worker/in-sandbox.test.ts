import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { createSandboxCompute } from '../../app/compute/sandbox-compute.ts';
import type { StartRequest } from '../../app/compute/compute.ts';
import { checkSandbox } from '../../app/compute/sandbox/check-sandbox.ts';
import type { Job } from '../../protocol/index.ts';
import type { ModelReply } from '../../demo/model/model-script.ts';
import { QUIET } from '../compute/quiet.ts';
import { openWorker } from './worker-harness.ts';
import type { WorkerHarness } from './worker-harness.ts';

const WORKER = new URL('../../worker/main.ts', import.meta.url).pathname;
const WRITE: ModelReply = { toolUse: [{ name: 'bash', input: { command: 'echo kept > new.txt' } }] };
const FINISH: ModelReply = { toolUse: [{ name: 'finish', input: { status: 'done', summary: 'Done.' } }] };
const session = { taskId: 'A', epoch: 1 };
const check = await checkSandbox();

function openSandbox(harness: WorkerHarness) {
  return createSandboxCompute({
    directory: path.join(harness.home, 'sessions'),
    doorSocketPath: harness.door.socketPath,
    workerEntry: WORKER,
    nodePath: process.execPath,
    compile: 'each time',
    log: QUIET,
  });
}

function requestFor({ job }: WorkerHarness, changes: Partial<Job> = {}): StartRequest {
  const { workDir: _, ...rest } = { ...job, ...changes };
  const limits = { memoryBytes: 2 ** 30, processes: 256, fileBytes: 2 ** 28, outputBytes: 8_192, diskBytes: 2 ** 30 };
  return { session, limits, job: { ...rest, door: { token: job.door.token } } };
}

describe.skipIf(!check.ok)('the worker in a sandbox', () => {
  test('plays the whole journey through one socket', async () => {
    const harness = await openWorker([WRITE, FINISH]);
    const compute = openSandbox(harness);
    const started = await compute.start(requestFor(harness));
    expect(started).toEqual({ started: true });
    expect(await compute.ended(session)).toMatchObject({ kind: 'exited', exitCode: 0, outputTail: '' });
    expect(harness.door.result()).toMatchObject({ ending: 'done' });
    expect(await harness.pushed()).toMatchObject({ 'new.txt': 'kept' });
    await compute.clean(session);
  });

  test('lets a command reach the model and keeps its work', async () => {
    const harness = await openWorker([{ text: 'hello' }]);
    const compute = openSandbox(harness);
    const ask = `fetch(process.env.ANTHROPIC_BASE_URL + '/v1/messages', { method: 'POST', headers: { authorization: 'Bearer ' + process.env.ANTHROPIC_AUTH_TOKEN, 'anthropic-version': '2023-06-01' }, body: JSON.stringify({ model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'x' }] }) }).then((a) => a.json()).then((j) => fs.writeFileSync('said.txt', j.content[0].text))`;
    await compute.start(requestFor(harness, { agent: { kind: 'command', command: `node -e "${ask}"` } }));
    expect(await compute.ended(session)).toMatchObject({ exitCode: 0 });
    expect(await harness.pushed()).toMatchObject({ 'said.txt': 'hello' });
    await compute.clean(session);
  });

  test('saves its work when it is stopped', async () => {
    const harness = await openWorker([WRITE, { toolUse: [{ name: 'bash', input: { command: 'sleep 1000' } }] }]);
    const compute = openSandbox(harness);
    await mkdir(path.join(harness.home, 'sessions'), { recursive: true });
    await compute.start(requestFor(harness));
    await harness.door.waitFor((event) => event.type === 'progress' && event.turn === 2);
    expect(await compute.stop(session, { graceMs: 10_000 })).toMatchObject({ exitCode: 0, outOfMemory: false });
    expect(harness.door.result()).toMatchObject({ ending: 'stopped' });
    expect(await harness.pushed()).toMatchObject({ 'new.txt': 'kept' });
    await compute.clean(session);
  });
});
