import { fork } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Fate as CrashPlan, Told } from './crashing-bosun.ts';

const PROGRAM = fileURLToPath(new URL('crashing-bosun.ts', import.meta.url));

/** A Bosun in a process of its own. */
export interface CrashingBosun {
  readonly pid: number;
  /** Resolves with its address when it serves; with null when it died before that, or serves nothing. */
  readonly ready: Promise<string | null>;
  /** Resolves when the process is gone. */
  readonly gone: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Every point it passed so far, in order. */
  readonly points: readonly string[];
  kill(): Promise<void>;
  /** Asks it to shut down; resolves when it is gone. */
  stop(): Promise<void>;
}

/** `env`: what its libraries look for in the environment, such as credentials of a store. */
export function startCrashingBosun(fate: CrashPlan, env: Readonly<Record<string, string>> = {}): CrashingBosun {
  const child = fork(PROGRAM, [], {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    // Compiled once for all of them: they are started by the hundred.
    env: { PATH: process.env['PATH'] ?? '', NODE_COMPILE_CACHE: path.join(tmpdir(), 'bosun-crash-compiled'), ...env },
  });
  const points: string[] = [];
  const gone = once(child, 'exit').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
  }));
  const ready = new Promise<string | null>((resolve, reject) => {
    child.on('message', (told: Told) => {
      if ('point' in told) {
        points.push(told.point);
      } else if ('url' in told) {
        resolve(told.url);
      } else {
        reject(new Error(told.refused));
      }
    });
    void gone.then(() => resolve(null));
  });
  // Whoever waits for it sees why it did not start; nobody has to.
  ready.catch(() => undefined);
  child.send(fate);
  return {
    pid: child.pid ?? -1,
    ready,
    gone,
    points,
    async kill() {
      child.kill('SIGKILL');
      await gone;
    },
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}
