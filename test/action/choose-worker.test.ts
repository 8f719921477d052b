import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { chooseWorker, type WorkerPlan } from '../../action/run/choose-worker.ts';
import { QUIET } from '../compute/quiet.ts';

const LOG = { ...QUIET, debug: QUIET.info, error: QUIET.warn, with: () => LOG } as unknown as WorkerPlan['log'];

async function choose(compute: WorkerPlan['compute']): Promise<{ name: string; warnings: string[] }> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'bosun-choose-'));
  // The sandbox prepares itself in there while the test is already over.
  onTestFinished(() => rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 }));
  const workerEntry = path.join(dataDir, 'worker.mjs');
  await writeFile(workerEntry, '');
  const warnings: string[] = [];
  const door = { socketDirectory: dataDir, listenLoopback: async () => 'http://127.0.0.1:1' };
  const warn = (sentence: string): void => void warnings.push(sentence);
  const chosen = await chooseWorker({ compute, dataDir, workerEntry, toolPaths: [], door, log: LOG, warn });
  return { name: chosen.name, warnings };
}

// Whether the machine has bubblewrap is not asked: where it has none, a task fails with what to install.
test.each([[null], ['sandbox']] as const)('BOSUN_COMPUTE %s is a sandbox or nothing', async (compute) => {
  expect(await choose(compute)).toEqual({ name: 'sandbox', warnings: [] });
});

test('a plain process has to be asked for by name, and the page of the run warns of it', async () => {
  expect(await choose('process')).toEqual({
    name: 'process',
    warnings: [expect.stringContaining('without a sandbox')],
  });
});
