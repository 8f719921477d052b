import { chown, mkdir } from 'node:fs/promises';
import { AnyJob } from '../../../protocol/index.ts';
import type { SessionFacts, StartRequest, StartResult } from '../compute.ts';
import type { EnvironmentDirectories, EnvironmentDirectory } from '../environments/environment-directory.ts';
import { removeJobFile, writeJobFile } from './job-file.ts';
import type { ComputeLog, Launcher, Owner } from './launch.ts';
import { startLiveSession, type LiveSession } from './live-session.ts';
import { removeDirectory, writeExitRecord, writeSessionRecord } from './session-directory.ts';
import type { ExitRecord, SessionDirectory } from './session-directory.ts';

/** A session that this process started. */
export interface OwnSession {
  readonly live: LiveSession;
  /** Null while it runs. */
  exit: ExitRecord | null;
  /** Resolves when its end is on disk. */
  readonly recorded: Promise<SessionFacts>;
}

export interface StartContext {
  readonly launcher: Launcher;
  readonly directories: EnvironmentDirectories;
  readonly log: ComputeLog;
  /** Called as soon as the worker runs. */
  readonly onStarted: (session: OwnSession) => void;
}

/** Starts a worker in a directory that was claimed for it. Nothing is left of one that does not start. */
export async function startSession(
  directory: SessionDirectory,
  request: StartRequest,
  context: StartContext,
): Promise<StartResult> {
  const { launcher } = context;
  const reservation = launcher.reserveOwner();
  try {
    const { result, ended } = await launchWorker(directory, request, { ...context, owner: reservation?.owner ?? null });
    // The user is reserved until nothing runs as it any more.
    void ended.finally(() => reservation?.release());
    return result;
  } catch (error) {
    reservation?.release();
    await discard(directory);
    throw new Error(`the ${launcher.name} worker could not be prepared`, { cause: error });
  }
}

async function launchWorker(
  directory: SessionDirectory,
  request: StartRequest,
  context: StartContext & { readonly owner: Owner | null },
): Promise<{ result: StartResult; ended: Promise<unknown> }> {
  const { directories, launcher, log, owner } = context;

  async function notStarted(why: { reason: string; remedy: string }): ReturnType<typeof launchWorker> {
    await discard(directory);
    log.warn('compute: the worker did not start', { session: directory.key, reason: why.reason });
    return { result: { started: false, reason: why.reason, remedy: why.remedy }, ended: Promise.resolve() };
  }

  const environment = await findEnvironment(request.environment ?? null, directories);
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
    return notStarted(prepared);
  }
  const launched = await startLiveSession(prepared.launch, { directory: directory.path, limits: request.limits });
  if (!launched.launched) {
    return notStarted(launcher.explain(launched.output));
  }
  const leaveEnvironment = environment === null ? null : directories.use(environment.key);
  const { session: live } = launched;
  if (prepared.launch.input !== null) {
    await removeJobFile(directory);
  }
  const recorded = live.ended.then(async (record) => {
    own.exit = record;
    leaveEnvironment?.();
    await removeJobFile(directory);
    await writeExitRecord(directory, record);
    return { kind: 'exited' as const, ...record };
  });
  const own: OwnSession = { live, exit: null, recorded };
  recorded.catch((error: unknown) => log.warn('compute: the end of a session could not be recorded', { error }));
  context.onStarted(own);
  await writeSessionRecord(directory, { pid: live.pid, startTicks: live.startTicks, uid: owner?.uid ?? null });
  // An end that could not be recorded is in the log.
  return { result: { started: true }, ended: recorded.catch(() => undefined) };
}

async function findEnvironment(
  key: string | null,
  directories: EnvironmentDirectories,
): Promise<EnvironmentDirectory | null> {
  const environment = key === null ? null : await directories.find(key);
  if (key !== null && environment === null) {
    throw new Error(`the environment ${key} is not on this machine`);
  }
  return environment;
}

async function discard(directory: SessionDirectory): Promise<void> {
  await removeJobFile(directory);
  await removeDirectory(directory);
}

/** The directories of a session that its worker owns. */
export async function makeDirectories(directory: SessionDirectory, owner: Owner | null): Promise<void> {
  for (const path of [directory.work, directory.home, directory.temporary]) {
    await mkdir(path, { mode: 0o700 });
    if (owner !== null) {
      await chown(path, owner.uid, owner.gid);
    }
  }
}
