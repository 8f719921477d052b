import { PassThrough } from 'node:stream';
import type { Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { createOutputTail } from '../session/output-tail.ts';
import { attachBeforeStart } from './attach.ts';
import { demultiplex } from './demultiplex.ts';
import { lookAtEnd } from './look-at-end.ts';
import { containerOptions, type ContainerPlan } from './container-options.ts';

/** A program of our own in a container that is removed when it has ended. */
export interface RunningContainer {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** With the end of what it printed as errors. */
  readonly ended: Promise<{ readonly exitCode: number; readonly errors: string }>;
  readonly kill: () => Promise<void>;
}

const ERROR_BYTES = 4_096;
const LOOK_AGAIN_MS = 50;

/** Starts it under the same rules as a worker. Rejects when the engine does not start it. */
export async function startContainer(
  engine: Dockerode,
  plan: Omit<ContainerPlan, 'name' | 'labels'> & { readonly kind: string },
): Promise<RunningContainer> {
  const name = `bosun-${plan.kind}-${randomBytes(6).toString('hex')}`;
  const container = await engine.createContainer(
    containerOptions({ ...plan, name, labels: { 'bosun.kind': plan.kind } }),
  );
  async function remove(): Promise<void> {
    await container.remove({ force: true, v: true });
  }
  try {
    const stream = await attachBeforeStart(engine, container);
    const [stdout, stderr] = [new PassThrough(), new PassThrough()];
    const tail = createOutputTail(ERROR_BYTES);
    tail.follow(stderr);
    const closed = demultiplex(stream, { out: stdout, err: stderr });
    await container.start();
    const ended = (async () => {
      try {
        let state = await lookAtEnd(container, closed);
        while (state === null) {
          await pause(LOOK_AGAIN_MS);
          state = await lookAtEnd(container, closed);
        }
        await closed;
        return { exitCode: state.ExitCode, errors: tail.read() };
      } finally {
        await remove();
      }
    })();
    ended.catch(() => undefined);
    return { stdin: stream, stdout, ended, kill: () => container.kill({ signal: 'SIGKILL' }) };
  } catch (error) {
    await remove().catch(() => undefined);
    throw error;
  }
}

/** Runs it to its end; resolves with what it printed. */
export async function runContainer(
  engine: Dockerode,
  plan: Parameters<typeof startContainer>[1],
): Promise<{ exitCode: number; output: string; errors: string }> {
  const running = await startContainer(engine, plan);
  running.stdin.end();
  const printed = createOutputTail(64 * 1024);
  printed.follow(running.stdout);
  const [{ exitCode, errors }] = await Promise.all([running.ended, finished(running.stdout)]);
  return { exitCode, output: printed.read(), errors };
}
