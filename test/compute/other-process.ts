import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { createProcessCompute } from '../../app/compute/process-compute.ts';
import { QUIET } from './quiet.ts';
import { FIXTURE_ENTRY } from './request-for.ts';

const SCRIPT = new URL('hold-sessions.ts', import.meta.url).pathname;

/** What another Bosun made of a start, and that Bosun itself. */
export interface OtherProcess {
  readonly child: ChildProcess;
  /** Where all of it keeps its files. */
  readonly home: string;
  readonly directory: string;
  readonly result: unknown;
  readonly told: any;
}

/** Starts a worker from another process, `user` being its user. */
export async function startInOtherProcess(
  kind: 'sandbox' | 'process',
  play: { name: string; args?: object; user?: number },
): Promise<OtherProcess> {
  const child = spawn(process.execPath, [SCRIPT, kind, play.name, JSON.stringify(play.args ?? {})], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(play.user === undefined ? {} : { uid: play.user, gid: play.user }),
  });
  const [line] = (await Promise.race([
    once(createInterface({ input: child.stdout }), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the other Bosun exited with ${String(code)}`);
    }),
  ])) as [string];
  return { child, ...(JSON.parse(line) as Omit<OtherProcess, 'child'>) };
}

/** Ends the other Bosun as a crash would. */
export async function crash(held: OtherProcess): Promise<void> {
  const gone = once(held.child, 'exit');
  held.child.kill('SIGKILL');
  await gone;
}

/** Ends it, if it still runs, and removes what it left behind. */
export async function tidy(held: OtherProcess): Promise<void> {
  const { child, directory } = held;
  if (child.exitCode === null && child.signalCode === null) {
    await crash(held);
  }
  const compute = createProcessCompute({
    directory,
    door: { url: 'http://127.0.0.1:1' },
    workerEntry: FIXTURE_ENTRY,
    nodePath: process.execPath,
    log: QUIET,
  });
  for (const session of await compute.list()) {
    await compute.stop(session, { graceMs: 0 });
    await compute.clean(session);
  }
  await rm(held.home, { recursive: true, force: true });
}
