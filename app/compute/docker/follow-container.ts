import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import type { SessionFacts, StartRequest } from '../compute.ts';
import { classifyExit } from '../session/classify-exit.ts';
import { describeLimit } from '../session/live-session.ts';
import type { Killed } from '../session/live-session.ts';
import { createOutputTail } from '../session/output-tail.ts';
import type { OutputTail } from '../session/output-tail.ts';
import { demultiplex } from './demultiplex.ts';
import { isInThatState, isMissing, isUnavailable } from './engine-errors.ts';
import { lookAtEnd } from './look-at-end.ts';

/** A container whose end is waited for and whose output is read. */
export interface FollowedContainer {
  /** What is known once it has ended; null while it runs. */
  readonly facts: () => SessionFacts | null;
  readonly ended: Promise<SessionFacts>;
  readonly terminate: () => Promise<void>;
  readonly kill: (why: Exclude<Killed, null>) => Promise<void>;
}

const STREAM_CLOSE_MS = 2_000;
const ASK_AGAIN_MS = 1_000;

/**
 * Follows a container to its end. `output` is the stream of one that was attached before it started, so that nothing of
 * it is missed; without, what it printed before is lost, because no engine keeps it. An engine that goes away while the
 * container runs is waited for: the worker may well continue, and its heartbeats tell.
 */
export function followContainer(given: {
  engine: Dockerode;
  container: Dockerode.Container;
  output: NodeJS.ReadableStream | null;
  limits: Pick<StartRequest['limits'], 'outputBytes' | 'diskBytes' | 'memoryBytes' | 'processes'>;
  onOutage: (error: unknown) => void;
}): FollowedContainer {
  const { container, engine, limits } = given;
  let tail = createOutputTail(limits.outputBytes);
  let killed: Killed = null;
  let facts: SessionFacts | null = null;
  const ended = follow().then((found) => {
    facts = found;
    return found;
  });
  // Whoever waits for the end sees the failure; nobody has to
  ended.catch(() => undefined);

  async function follow(): Promise<SessionFacts> {
    let reading: Reading | null = given.output === null ? null : read(given.output, tail);
    for (;;) {
      try {
        reading ??= read(await attachAgain(container), tail);
        const state = await lookAtEnd(container, reading.ended);
        if (state !== null) {
          await Promise.race([reading.ended, pause(STREAM_CLOSE_MS, undefined, { ref: false })]);
          return { kind: 'exited', ...describeState(state, { killed, limits, output: tail.read() }) };
        }
        if (reading.hasEnded()) {
          // The worker closed its output, or the connection to the engine was lost
          await pause(ASK_AGAIN_MS);
          reading = null;
        }
      } catch (error) {
        if (isMissing(error)) {
          return { kind: 'unknown' };
        }
        if (!isUnavailable(error)) {
          throw error;
        }
        given.onOutage(error);
        // It may have been ended with the engine, and that is no shortage of memory
        killed ??= 'engine';
        await waitForEngine(engine);
        tail = createOutputTail(limits.outputBytes);
        reading = null;
      }
    }
  }

  return {
    facts: () => facts,
    ended,
    terminate: () => {
      killed = killed === null || killed === 'engine' ? 'stop' : killed;
      return signal(container, 'SIGTERM');
    },
    kill: (why) => {
      killed = killed === null || killed === 'engine' ? why : killed;
      return signal(container, 'SIGKILL');
    },
  };
}

/** Turns what the engine says of an ended container into facts. */
export function describeState(
  state: { ExitCode: number; OOMKilled: boolean },
  given: { killed: Killed; limits: Parameters<typeof describeLimit>[1]; output: string },
): Omit<Extract<SessionFacts, { kind: 'exited' }>, 'kind'> {
  const { killed, limits, output } = given;
  const exit = classifyExit({
    exitCode: state.ExitCode,
    signal: null,
    killed,
    signalInExitCode: true,
    outputTail: describeLimit(killed, limits) + output,
  });
  // Docker says so also when only a child was killed; Podman never does, so that its absence means nothing
  const isSaid = state.OOMKilled && killed === null && state.ExitCode !== 0;
  return { ...exit, outOfMemory: exit.outOfMemory || isSaid };
}

function attachAgain(container: Dockerode.Container): Promise<NodeJS.ReadableStream> {
  return container.attach({ stream: true, stdout: true, stderr: true });
}

interface Reading {
  readonly ended: Promise<void>;
  readonly hasEnded: () => boolean;
}

/** Reads a stream to its end. */
function read(stream: NodeJS.ReadableStream, tail: OutputTail): Reading {
  const [out, err] = [new PassThrough(), new PassThrough()];
  tail.follow(out);
  tail.follow(err);
  let hasEnded = false;
  async function follow(): Promise<void> {
    await demultiplex(stream as AsyncIterable<Buffer>, { out, err });
    await Promise.all([finished(out), finished(err)]);
    hasEnded = true;
  }
  return { ended: follow(), hasEnded: () => hasEnded };
}

async function signal(container: Dockerode.Container, name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  try {
    await container.kill({ signal: name });
  } catch (error) {
    if (!isMissing(error) && !isInThatState(error)) {
      throw error;
    }
  }
}

async function waitForEngine(engine: Dockerode): Promise<void> {
  for (;;) {
    await pause(ASK_AGAIN_MS);
    try {
      await engine.ping();
      return;
    } catch (error) {
      if (!isUnavailable(error)) {
        throw error;
      }
    }
  }
}
