import { createHash } from 'node:crypto';
import { usdToNano } from '../../../app/budget/money.ts';
import type { CheckStore } from '../../../app/store/checks.ts';
import type { AttemptStore } from '../../../app/store/stores.ts';
import type { WorkerResult } from '../../../protocol/index.ts';
import { connect } from '../engine/network.ts';
import type { Sim } from '../engine/sim.ts';
import { runCheckWorker } from './check-worker.ts';
import type { Commits } from './commits.ts';
import type { Session } from './compute.ts';
import type { Quarantine } from './quarantine.ts';

export const MANNERS = [
  'good',
  'crashes',
  'hangs',
  'idles',
  'lies',
  'asks',
  'breaks the gate',
  'floods',
  'goes on',
] as const;
export type Manner = (typeof MANNERS)[number];

const USAGE = { inputTokens: 10, outputTokens: 5, cacheWriteTokens: 0, cacheReadTokens: 0 };

/**
 * A worker and the door it speaks to: authenticates each call by its token, draws money before each model request and
 * settles it after, pushes, tells how far it is, and finishes, unless it has other manners. Its calls fail and get lost
 * as those of processes do; the HTTP of the door and the model behind it are not simulated.
 */
export async function runWorker(
  session: Session,
  world: {
    sim: Sim;
    attempts: AttemptStore;
    checks: CheckStore;
    quarantine: Quarantine;
    commits: Commits;
    chance: Sim['chance'];
  },
): Promise<void> {
  const { chance, commits, quarantine, sim } = world;
  const { epoch, taskId } = session.ref;
  if (session.job.kind === 'check') {
    return runCheckWorker(session, session.job, world);
  }
  const job = session.job;
  const door = connect(world.attempts, session, {
    sim,
    port: 'door',
    refuse: (_call, why) => {
      throw new Error(why);
    },
  });
  const manner = chance.happens(sim.profile.hostile) ? chance.pick(MANNERS) : 'good';
  sim.count(`worker: ${manner}`);
  const tokenSha256 = createHash('sha256').update(job.door.token).digest('hex');
  let tip = job.git.startSha;
  let requests = 0;

  async function isCurrent(): Promise<boolean> {
    const found = await patiently(() => door.findByToken(tokenSha256));
    return found?.current === true;
  }

  /** A worker tries a call again when the door did not answer. */
  async function patiently<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch {
        await sim.time.sleep(2_000);
      }
    }
  }

  async function think(): Promise<'on' | 'empty' | 'refused'> {
    requests += 1;
    const requestId = `${taskId}/${epoch}/${requests}`;
    const upperNano = usdToNano(0.05 + chance.next() * 0.2);
    const drawn = await patiently(() =>
      door.draw({ taskId, epoch, requestId, model: job.model, upperNano, keepNano: usdToNano(0.05), now: now() }),
    );
    if (!drawn.drawn) {
      return drawn.why === 'stale' ? 'refused' : 'empty';
    }
    const answering = sim.time.sleep(chance.between(2_000, 60_000));
    if (manner === 'floods') {
      return 'on';
    }
    await answering;
    const costNano = Math.floor(upperNano * chance.next() * (manner === 'lies' ? 3 : 1));
    // The door that drew settles; when it is gone the orphan is settled by whoever finds it.
    const settle = { requestId, costNano, usage: USAGE, now: now() };
    await door.settle(settle).catch(() => null);
    if (chance.happens(0.1)) {
      await door.settle({ ...settle, costNano: costNano + 1 }).catch(() => null);
    }
    return 'on';
  }

  async function push(paths: readonly string[]): Promise<void> {
    if (await isCurrent()) {
      const commit = commits.make({ parent: tip, paths, subject: `Turn ${requests}`, by: session.name });
      if (quarantine.receive(session.ref, commit)) {
        tip = commit.sha;
        sim.count('worker push');
      }
    }
  }

  async function finish(ending: WorkerResult['ending'], questions: string[] = []): Promise<void> {
    const result = { ending, summary: `I did ${ending}.`, questions, turns: requests };
    await patiently(() => door.finish({ taskId, epoch, now: now(), result }));
    if (chance.happens(0.1)) {
      await patiently(() => door.finish({ taskId, epoch, now: now(), result: { ...result, ending: 'error' } }));
    }
    if (manner !== 'goes on') {
      session.exit({ exitCode: 0, signal: null, outOfMemory: false });
    }
  }

  function now(): Date {
    return new Date(sim.time.now());
  }

  let isDeaf = false;
  sim.time.every(job.heartbeatMs, () => {
    if (!isDeaf) {
      void door.heartbeat({ taskId, epoch, now: now() }).then(
        (answer) => {
          session.stopping ||= answer.stop !== null;
        },
        () => null,
      );
    }
  });

  const turns = manner === 'goes on' ? 500 : chance.between(1, 12);
  for (let turn = 1; turn <= turns; turn += 1) {
    if (session.stopping && manner !== 'goes on' && manner !== 'floods') {
      await push(['src/partial.ts']);
      return finish('stopped');
    }
    const thought = await think();
    if (thought === 'refused') {
      return session.exit({ exitCode: 1, signal: null, outOfMemory: false });
    }
    if (thought === 'empty' && manner !== 'goes on') {
      await push(['src/so-far.ts']);
      return finish('budget');
    }
    const phase = turn === turns ? 'push' : 'agent';
    await door.progress({ taskId, epoch, now: now(), progress: { phase, turn, note: null } }).catch(() => null);
    if (chance.happens(0.3)) {
      await push([`src/file-${chance.between(1, 9)}.ts`]);
    }
    if (manner === 'crashes' && chance.happens(0.2)) {
      const isKilled = chance.happens(0.3);
      return session.exit({
        exitCode: isKilled ? null : 1,
        signal: isKilled ? 'SIGKILL' : null,
        outOfMemory: isKilled,
      });
    }
    if (manner === 'hangs' || manner === 'idles') {
      isDeaf = manner === 'hangs';
      return;
    }
    if (manner === 'goes on') {
      await sim.time.sleep(chance.between(1_000, 120_000));
    }
  }
  if (manner === 'asks') {
    return finish('question', ['Which one do you mean?']);
  }
  if (manner === 'breaks the gate') {
    await push(['src/fine.ts', '.github/workflows/mine.yml']);
  } else if (manner !== 'lies') {
    await push(['src/done.ts']);
  }
  return finish('done');
}
