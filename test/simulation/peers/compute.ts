import type { Compute, SessionFacts, SessionRef, StartRequest } from '../../../app/compute/compute.ts';
import { createEnvironmentDirectories } from '../../../app/compute/environments/environment-directory.ts';
import { createProcessEnvironments } from '../../../app/compute/environments/process-environments.ts';
import type { Sim } from '../engine/sim.ts';
import type { Owner } from '../engine/virtual-time.ts';

/** One worker's life, as its machine sees it. */
export interface Session extends Owner {
  readonly ref: SessionRef;
  readonly job: Exclude<StartRequest['job'], { kind: 'prepare' }>;
  /** Someone asked it to end. */
  stopping: boolean;
  exit(facts: { exitCode: number | null; signal: string | null; outOfMemory: boolean }): void;
}

/** A place where workers run that every process can reach, as a cluster is. `run` is what a worker does. */
export function createSimCompute(sim: Sim, run: (session: Session) => Promise<void>): Compute {
  interface Running {
    readonly session: Session;
    facts: SessionFacts;
    readonly ended: Promise<SessionFacts>;
  }
  const sessions = new Map<string, Running>();
  const keyOf = (ref: SessionRef): string => `${ref.taskId}/${ref.epoch}`;
  const UNKNOWN: SessionFacts = { kind: 'unknown' };

  function launch({ job, session: ref }: StartRequest): Running {
    if (job.kind === 'prepare') {
      throw new Error('nothing is to be set up in the simulation');
    }
    const { promise, resolve } = Promise.withResolvers<SessionFacts>();
    const session: Session = {
      name: `worker ${keyOf(ref)}`,
      dead: false,
      pausedUntil: 0,
      ref,
      job,
      stopping: false,
      exit(facts) {
        if (running.facts.kind === 'running') {
          session.dead = true;
          running.facts = { kind: 'exited', ...facts, outputTail: '' };
          sim.trace.say(`${session.name} exits ${facts.exitCode ?? facts.signal}`);
          resolve(running.facts);
        }
      },
    };
    const running: Running = { session, facts: { kind: 'running' }, ended: promise };
    return running;
  }

  return {
    name: 'sandbox',
    traits: { survivesRestart: false, toolsFrom: 'host' },
    async start(request) {
      const key = keyOf(request.session);
      if (!sessions.has(key)) {
        const running = launch(request);
        sessions.set(key, running);
        sim.count('worker');
        sim.time.at(sim.time.now() + 500, () => void run(running.session), running.session);
      }
      return { started: true };
    },
    probe: async (ref) => sessions.get(keyOf(ref))?.facts ?? UNKNOWN,
    ended: async (ref) => sessions.get(keyOf(ref))?.ended ?? UNKNOWN,
    async stop(ref, { graceMs }) {
      const running = sessions.get(keyOf(ref));
      if (running === undefined || running.facts.kind !== 'running') {
        return running?.facts ?? UNKNOWN;
      }
      running.session.stopping = true;
      sim.time.at(
        sim.time.now() + graceMs,
        () => running.session.exit({ exitCode: null, signal: 'SIGKILL', outOfMemory: false }),
        null,
      );
      return running.ended;
    },
    async clean(ref) {
      if (sessions.get(keyOf(ref))?.facts.kind !== 'running') {
        sessions.delete(keyOf(ref));
      }
    },
    list: async () => [...sessions.values()].map(({ session }) => session.ref),
    environments: createProcessEnvironments({
      directory: '/nonexistent',
      directories: createEnvironmentDirectories('/nonexistent'),
    }),
  };
}
