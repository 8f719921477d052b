// Plays Bosun in a process of its own, so that a test can kill it or run it as another user: starts one worker of each
// fixture program named, prints what comes of it as lines of JSON, and stays.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createProcessCompute } from '../../app/compute/process-compute.ts';
import { createSandboxCompute } from '../../app/compute/sandbox-compute.ts';
import { FIXTURE_ENTRY, requestFor } from './request-for.ts';
import { QUIET } from './quiet.ts';
import { startListener } from './start-listener.ts';

const [kind, name, args] = process.argv.slice(2) as ['sandbox' | 'process', string, string];
const home = await mkdtemp(path.join(tmpdir(), 'bosun-held-'));
const door = await startListener(home);
const directory = path.join(home, 'sessions');
const place = { directory, workerEntry: FIXTURE_ENTRY, nodePath: process.execPath, log: QUIET };
const compute =
  kind === 'sandbox'
    ? createSandboxCompute({ ...place, doorSocketPath: door.socketPath, compile: 'each time' })
    : createProcessCompute({ ...place, door: { socketPath: door.socketPath } });
const session = { taskId: 'HELD', epoch: 1 };
const result = await compute.start(requestFor(session, { name, args: JSON.parse(args), limits: {} }));
const told = result.started ? await door.heard() : null;
console.log(JSON.stringify({ home, directory, result, told }));
