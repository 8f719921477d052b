import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import type { ModelReply } from '../../demo/model/model-script.ts';
import { openWorker } from './worker-harness.ts';

const WRITE: ModelReply = { toolUse: [{ name: 'write', input: { file_path: 'new.txt', content: 'kept\n' } }] };
const FINISH: ModelReply = { toolUse: [{ name: 'finish', input: { status: 'done', summary: 'Done.' } }] };

function bash(command: string): ModelReply {
  return { toolUse: [{ name: 'bash', input: { command } }] };
}

test('SIGTERM in the middle of a tool commits, pushes and reports within the grace', async () => {
  const harness = await openWorker([WRITE, bash('sleep 1000'), FINISH]);
  const worker = harness.start();
  await harness.door.waitFor((event) => event.type === 'progress' && event.turn === 2);
  const asked = performance.now();
  worker.child.kill('SIGTERM');
  const { exitCode, result } = await worker.ended;
  expect(performance.now() - asked).toBeLessThan(10_000);
  expect(exitCode).toBe(0);
  expect(result).toMatchObject({ ending: 'stopped', turns: 2, reason: 'the worker was asked to stop' });
  expect(await harness.pushed()).toMatchObject({ 'new.txt': 'kept' });
});

test('SIGTERM while the model thinks does the same', async () => {
  const harness = await openWorker([WRITE, { fault: 'hang' }]);
  const worker = harness.start();
  await harness.door.model.waitForCall(2);
  worker.child.kill('SIGTERM');
  const { result } = await worker.ended;
  expect(result).toMatchObject({ ending: 'stopped' });
  expect(await harness.pushed()).toMatchObject({ 'new.txt': 'kept' });
});

test('a command to stop is obeyed', async () => {
  const harness = await openWorker([WRITE, bash('sleep 1000'), FINISH]);
  const worker = harness.start({ heartbeatMs: 100 });
  await harness.door.waitFor((event) => event.type === 'progress' && event.turn === 2);
  harness.door.order = 'stop';
  const { result } = await worker.ended;
  expect(result).toMatchObject({ ending: 'stopped', reason: 'the door asked to stop' });
  expect(await harness.pushed()).toMatchObject({ 'new.txt': 'kept' });
});

test('SIGTERM while the clone waits for the door ends the waiting', async () => {
  const { door, start } = await openWorker([FINISH]);
  door.away = true;
  const worker = start();
  await waitForRequests(door.requests, 4);
  worker.child.kill('SIGTERM');
  await waitForRequests(door.requests, door.requests.length + 1);
  door.away = false;
  const { exitCode, result } = await worker.ended;
  expect(exitCode).toBe(0);
  expect(result).toMatchObject({ ending: 'stopped', reason: 'the worker was asked to stop' });
});

test('an attempt that is over is left at once', async () => {
  const harness = await openWorker([WRITE, bash('sleep 1000'), FINISH]);
  const worker = harness.start({ heartbeatMs: 100 });
  await harness.door.waitFor((event) => event.type === 'progress' && event.turn === 2);
  harness.door.stale = true;
  const { exitCode, result } = await worker.ended;
  expect(exitCode).toBe(3);
  expect(result).toBeUndefined();
});

test('winds up before its time is over', async () => {
  const harness = await openWorker([WRITE, bash('sleep 1000'), FINISH]);
  const begun = performance.now();
  const { result } = await harness.run({ timeoutMs: 4_000 });
  // Its tool would sleep for 1,000 s; the rest is the clone and the last save on a busy machine.
  expect(performance.now() - begun).toBeLessThan(30_000);
  expect(result).toMatchObject({ ending: 'stopped', reason: 'the time for the attempt was used up' });
  expect(await harness.pushed()).toMatchObject({ 'new.txt': 'kept' });
});

test('a door that is unavailable for a while loses nothing', async () => {
  const harness = await openWorker([WRITE, bash('test -f "$HOME/back" || sleep 0.1; echo on'), FINISH]);
  const { door } = harness;
  door.away = true;
  const worker = harness.start({ heartbeatMs: 100 });
  await waitForRequests(door.requests, 6);
  door.away = false;
  await door.waitFor((event) => event.type === 'progress' && event.turn === 2);
  const { exitCode, result } = await worker.ended;
  expect(exitCode).toBe(0);
  expect(result).toMatchObject({ ending: 'done' });
  expect(door.events).toContainEqual({ type: 'progress', phase: 'clone' });
  expect(await harness.pushed()).toMatchObject({ 'new.txt': 'kept' });
});

test('a repository that cannot be cloned is an error with git’s words', async () => {
  const { run, job } = await openWorker([FINISH]);
  const { exitCode, result } = await run({ git: { ...job.git, startBranch: 'nowhere' } });
  expect(exitCode).toBe(1);
  expect(result).toMatchObject({ ending: 'error', reason: expect.stringContaining('nowhere') });
});

test.each([
  ['nothing', null, /path of the job file/],
  ['a file that is not there', 'none.json', /could not be read/],
  ['a file that is not JSON', '{"token": "secret', /is not JSON/],
  ['a job of another version', '{"version": 2}', /wrong at/],
])('%s is no job', async (_, content, message) => {
  const { home, startRaw } = await openWorker([]);
  const file = path.join(home, 'bad.json');
  if (content !== null && content.startsWith('{')) {
    await writeFile(file, content);
  }
  const { exitCode, output } = await startRaw(content === null ? [] : [file]).ended;
  expect(exitCode).toBe(2);
  expect(output).toMatch(message);
  expect(output).not.toContain('secret');
});

async function waitForRequests(requests: readonly string[], count: number): Promise<void> {
  await vi.waitUntil(() => requests.length >= count, { timeout: 10_000, interval: 10 });
}
