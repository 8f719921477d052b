import { createHash } from 'node:crypto';
import type { StartRequest } from '../../../app/compute/compute.ts';
import type { AttemptStore } from '../../../app/store/stores.ts';
import type { CheckStore } from '../../../app/store/checks.ts';
import { missingRun } from '../../../app/task/checks/read-report.ts';
import { connect } from '../engine/network.ts';
import type { Sim } from '../engine/sim.ts';
import type { Session } from './compute.ts';

export type CheckJobHere = Extract<StartRequest['job'], { kind: 'check' }>;

/**
 * A check session and the door it speaks to: tells when each check begins and how it ended, which is most often well. It
 * may die in the middle, hang, or tell everything twice.
 */
export async function runCheckWorker(
  session: Session,
  job: CheckJobHere,
  world: { sim: Sim; attempts: AttemptStore; checks: CheckStore; chance: Sim['chance'] },
): Promise<void> {
  const { chance, sim } = world;
  const { epoch, taskId } = session.ref;
  const refuse = (_call: unknown, why: string): never => {
    throw new Error(why);
  };
  const attempts = connect(world.attempts, session, { sim, port: 'door', refuse });
  const checks = connect(world.checks, session, { sim, port: 'door', refuse });
  const tokenSha256 = createHash('sha256').update(job.door.token).digest('hex');
  const now = (): Date => new Date(sim.time.now());
  const ref = { taskId, epoch };
  sim.count('check session');

  async function patiently<T>(call: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await call();
      } catch {
        await sim.time.sleep(2_000);
      }
    }
  }

  sim.time.every(job.heartbeatMs, () => {
    void attempts.heartbeat({ ...ref, now: now() }).then(
      (answer) => {
        session.stopping ||= answer.stop !== null;
      },
      () => null,
    );
  });
  for (const { name } of job.checks) {
    const door = await patiently(() => attempts.findByToken(tokenSha256));
    const open = door?.attempt.checkSession ?? null;
    if (door?.current !== true || open === null || session.stopping) {
      return session.exit({ exitCode: 0, signal: null, outOfMemory: false });
    }
    const { at, commit, try: times } = open;
    const named = { name, at, commit, try: times };
    await patiently(() =>
      checks.report({ ...ref, now: now(), row: null, event: { kind: 'task.check_started', data: named } }),
    );
    await sim.time.sleep(chance.between(1_000, 120_000));
    if (chance.happens(sim.profile.hostile / 4)) {
      sim.count('check session dies');
      return session.exit({ exitCode: null, signal: 'SIGKILL', outOfMemory: chance.happens(0.5) });
    }
    const reading = chance.happens(0.8) ? ('pass' as const) : ('fail' as const);
    const exitCode = reading === 'pass' ? 0 : 1;
    const run = { ...missingRun(commit, { cause: 'died', durationMs: 1_000 }), reading, cause: null, exitCode };
    const data = { ...named, reading, exitCode, durationMs: run.durationMs };
    const row = { name, at, try: times, run };
    for (let told = 0; told < (chance.happens(0.1) ? 2 : 1); told += 1) {
      await patiently(() => checks.report({ ...ref, now: now(), row, event: { kind: 'task.check_ended', data } }));
    }
    sim.count(`check: ${reading} at the ${at}`);
  }
  await patiently(() => checks.finish({ ...ref, now: now(), result: { ending: 'done' } }));
  session.exit({ exitCode: 0, signal: null, outOfMemory: false });
}
