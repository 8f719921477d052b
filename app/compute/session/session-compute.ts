import { chown, mkdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { AnyJob } from '../../../protocol/index.ts';
import type { Compute, SessionFacts, SessionRef, StartRequest, StartResult } from '../compute.ts';
import { removeJobFile, writeJobFile } from './job-file.ts';
import type { EnvironmentDirectories, EnvironmentDirectory } from '../environments/environment-directory.ts';
import { findMembers, isLeaderAlive, killMembers, sendSignal } from './kill-members.ts';
import type { Membership } from './kill-members.ts';
import type { ComputeLog, Launcher, Owner } from './launch.ts';
import { startLiveSession } from './live-session.ts';
import type { LiveSession } from './live-session.ts';
import {
  claimDirectory,
  directoryExists,
  listSessions,
  readExitRecord,
  readSessionRecord,
  removeDirectory,
  sessionDirectory,
  writeExitRecord,
  writeSessionRecord,
} from './session-directory.ts';
import type { ExitRecord, SessionDirectory } from './session-directory.ts';

interface Held {
  readonly live: LiveSession;
  readonly recorded: Promise<SessionFacts>;
  readonly exit: { value: ExitRecord | null };
}

const ORPHAN_POLL_MS = 200;

/**
 * The compute port over processes of this machine. Sessions this process started are waited for; sessions it finds on
 * disk (an earlier process died) are looked at through their record and their processes, and can be stopped and cleaned.
 */
export function createSessionCompute(
  launcher: Launcher,
  options: { directory: string; directories: EnvironmentDirectories; log: ComputeLog },
): Omit<Compute, 'environments'> {
  const held = new Map<string, Held>();
  const starting = new Map<string, Promise<StartResult>>();
  const { directories } = options;
  const { directory: root, log } = options;

  async function start(request: StartRequest): Promise<StartResult> {
    const directory = sessionDirectory(root, request.session);
    const known = starting.get(directory.key);
    if (known !== undefined) {
      return known;
    }
    const begun = begin(directory, request).finally(() => starting.delete(directory.key));
    starting.set(directory.key, begun);
    return begun;
  }

  async function begin(directory: SessionDirectory, request: StartRequest): Promise<StartResult> {
    if (!(await claimDirectory(directory))) {
      if (held.has(directory.key) || (await readSessionRecord(directory)) !== null) {
        return { started: true };
      }
      // A start that was cut off before it was recorded: whatever it left is ended, and it begins again
      await killMembers({ leader: null, directory: directory.path });
      await removeDirectory(directory);
      await claimDirectory(directory);
    }
    const reservation = launcher.reserveOwner();
    try {
      const { result, ended } = await launchWorker(directory, request, reservation?.owner ?? null);
      // Until nothing runs as this user any more
      void ended.finally(() => reservation?.release());
      return result;
    } catch (error) {
      reservation?.release();
      await removeJobFile(directory);
      await removeDirectory(directory);
      throw new Error(`the ${launcher.name} worker could not be prepared`, { cause: error });
    }
  }

  async function launchWorker(
    directory: SessionDirectory,
    request: StartRequest,
    owner: Owner | null,
  ): Promise<{ result: StartResult; ended: Promise<unknown> }> {
    const environment = await findEnvironment(request.environment ?? null);
    await makeDirectories(directory, owner);
    const { workDir, door } = launcher.place(directory);
    const job = AnyJob.parse({ ...request.job, workDir, door: { ...door, token: request.job.door.token } });
    const jobFile = await writeJobFile(job, { session: directory, owner });
    const prepared = await launcher.prepare(directory, {
      owner,
      jobFile,
      limits: request.limits,
      environment,
      space: request.job.kind === 'prepare' ? 'kept' : (request.space ?? 'memory'),
    });
    if (!prepared.ready) {
      return { result: await giveUp(directory, prepared), ended: Promise.resolve() };
    }
    const launched = await startLiveSession(prepared.launch, { directory: directory.path, limits: request.limits });
    const leaveEnvironment = environment === null ? null : directories.use(environment.key);
    if (!launched.launched) {
      leaveEnvironment?.();
      return { result: await giveUp(directory, launcher.explain(launched.output)), ended: Promise.resolve() };
    }
    const { session: live } = launched;
    if (prepared.launch.input !== null) {
      await removeJobFile(directory);
    }
    const exit: Held['exit'] = { value: null };
    const recorded = live.ended.then(async (record) => {
      exit.value = record;
      leaveEnvironment?.();
      await removeJobFile(directory);
      await writeExitRecord(directory, record);
      return { kind: 'exited' as const, ...record };
    });
    recorded.catch((error: unknown) => log.warn('compute: the end of a session could not be recorded', { error }));
    held.set(directory.key, { live, recorded, exit });
    await writeSessionRecord(directory, { pid: live.pid, startTicks: live.startTicks, uid: owner?.uid ?? null });
    // An end that could not be recorded is in the log
    return { result: { started: true }, ended: recorded.catch(() => undefined) };
  }

  async function findEnvironment(key: string | null): Promise<EnvironmentDirectory | null> {
    const environment = key === null ? null : await directories.find(key);
    if (key !== null && environment === null) {
      throw new Error(`the environment ${key} is not on this machine`);
    }
    return environment;
  }

  async function giveUp(
    directory: SessionDirectory,
    { reason, remedy }: { reason: string; remedy: string },
  ): Promise<StartResult> {
    await removeJobFile(directory);
    await removeDirectory(directory);
    log.warn('compute: the worker did not start', { session: directory.key, reason });
    return { started: false, reason, remedy };
  }

  async function probe(session: SessionRef): Promise<SessionFacts> {
    const directory = sessionDirectory(root, session);
    const exit = held.get(directory.key)?.exit;
    if (exit !== undefined) {
      return exit.value === null ? { kind: 'running' } : { kind: 'exited', ...exit.value };
    }
    const record = await readExitRecord(directory);
    if (record !== null) {
      return { kind: 'exited', ...record };
    }
    if (!(await directoryExists(directory))) {
      return { kind: 'unknown' };
    }
    const membership = await findMembership(directory);
    return isLeaderAlive(membership) || findMembers(membership).length > 0
      ? { kind: 'running' }
      : { kind: 'exited', exitCode: null, signal: null, outOfMemory: false, outputTail: '' };
  }

  async function ended(session: SessionRef): Promise<SessionFacts> {
    const mine = held.get(sessionDirectory(root, session).key);
    if (mine !== undefined) {
      return mine.recorded;
    }
    // Not a child of this process, so the system tells nobody when it ends
    for (;;) {
      const facts = await probe(session);
      if (facts.kind !== 'running') {
        return facts;
      }
      await pause(ORPHAN_POLL_MS);
    }
  }

  async function stop(session: SessionRef, { graceMs }: { graceMs: number }): Promise<SessionFacts> {
    const directory = sessionDirectory(root, session);
    await starting.get(directory.key);
    const mine = held.get(directory.key);
    if (mine === undefined) {
      return stopOrphan(session, { directory, graceMs });
    }
    if (mine.exit.value === null) {
      mine.live.terminate();
      if (!(await endsWithin(mine.recorded, graceMs))) {
        await mine.live.kill();
      }
    }
    return mine.recorded;
  }

  async function stopOrphan(
    session: SessionRef,
    { directory, graceMs }: { directory: SessionDirectory; graceMs: number },
  ): Promise<SessionFacts> {
    if (!(await directoryExists(directory))) {
      return { kind: 'unknown' };
    }
    const membership = await findMembership(directory);
    if (membership.leader !== null && isLeaderAlive(membership)) {
      log.warn('compute: stopping a worker that an earlier process left behind', { ...session });
      sendSignal(membership.leader.pid, 'SIGTERM');
      await endsWithin(ended(session), graceMs);
    }
    await killMembers(membership);
    await removeJobFile(directory);
    return probe(session);
  }

  async function findMembership(directory: SessionDirectory): Promise<Membership> {
    const record = await readSessionRecord(directory);
    return { leader: record, directory: directory.path };
  }

  async function clean(session: SessionRef): Promise<void> {
    const directory = sessionDirectory(root, session);
    const facts = await probe(session);
    if (facts.kind === 'running') {
      throw new Error(`session ${directory.key} is still running; stop it before it is cleaned`);
    }
    await held.get(directory.key)?.recorded;
    await removeJobFile(directory);
    await removeDirectory(directory);
    held.delete(directory.key);
  }

  return {
    name: launcher.name,
    // They are children of this process: their end and their output could not be seen by another
    traits: { survivesRestart: false, toolsFrom: 'host' },
    start,
    probe,
    ended,
    stop,
    clean,
    list: () => listSessions(root),
  };
}

/** The places of a session that its worker owns. */
export async function makeDirectories(directory: SessionDirectory, owner: Owner | null): Promise<void> {
  for (const place of [directory.work, directory.home, directory.temporary]) {
    await mkdir(place, { mode: 0o700 });
    if (owner !== null) {
      await chown(place, owner.uid, owner.gid);
    }
  }
}

/** Whether something ends before the grace is over. */
export async function endsWithin(ending: Promise<unknown>, graceMs: number): Promise<boolean> {
  const timeout = new AbortController();
  try {
    return await Promise.race([ending.then(() => true), pause(graceMs, false, { signal: timeout.signal })]);
  } finally {
    timeout.abort();
  }
}
