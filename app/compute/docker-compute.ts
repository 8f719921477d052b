import path from 'node:path';
import type Dockerode from 'dockerode';
import { AnyJob } from '../../protocol/index.ts';
import type { Compute, SessionFacts, SessionRef, StartRequest, StartResult } from './compute.ts';
import { containerOptions } from './docker/container-options.ts';
import { explainEngine, isInThatState, isMissing, isNameInUse } from './docker/engine-errors.ts';
import { followContainer, describeState } from './docker/follow-container.ts';
import type { FollowedContainer } from './docker/follow-container.ts';
import { planWorker } from './docker/plan-worker.ts';
import { createSessionNames } from './docker/session-names.ts';
import { findImage } from './docker/worker-image.ts';
import { createEnvironmentDirectories } from './environments/environment-directory.ts';
import type { EnvironmentDirectory } from './environments/environment-directory.ts';
import { createProcessEnvironments } from './environments/process-environments.ts';
import { INSIDE } from './sandbox/sandbox-arguments.ts';
import { reserveOwner } from './sandbox/sandbox-owner.ts';
import type { ComputeLog } from './session/launch.ts';
import { openSocket } from './session/open-socket.ts';
import { claimDirectory, listSessions, removeDirectory, sessionDirectory } from './session/session-directory.ts';
import type { SessionDirectory } from './session/session-directory.ts';
import { endsWithin, makeDirectories } from './session/session-compute.ts';
import { watchDisk } from './session/watch-disk.ts';

export interface DockerComputeOptions {
  readonly engine: Dockerode;
  readonly socketPath: string;
  /** Where sessions keep what lies on disk. Tells the containers of this Bosun from those of others on the same engine. */
  readonly directory: string;
  /** Unix socket of the door, or a directory of such, which the worker sees as it changes: the only way out. */
  readonly doorSocketPath: string;
  readonly workerEntry: string;
  readonly nodePath: string;
  /** Image of sessions that ask for none. */
  readonly image: string;
  readonly runtime: string | null;
  readonly cpus: number | null;
  /** Size of the work directory in memory. */
  readonly workBytes?: number;
  readonly log: ComputeLog;
}

/**
 * Workers in containers of a Docker or Podman engine of this machine: an image instead of the host's programs, no network, and the
 * door's socket as the only way out. They go on when this process ends, and are found again by their labels.
 */
export function createDockerCompute(options: DockerComputeOptions): Compute {
  const { engine, log } = options;
  const followed = new Map<string, FollowedContainer>();
  const starting = new Map<string, Promise<StartResult>>();
  const names = createSessionNames(options.directory);
  const directories = createEnvironmentDirectories(path.join(options.directory, '.environments'));
  const environments = createProcessEnvironments({ directory: options.directory, directories });

  async function start(request: StartRequest): Promise<StartResult> {
    const directory = sessionDirectory(options.directory, request.session);
    const known = starting.get(directory.key);
    if (known !== undefined) {
      return known;
    }
    const begun = begin(directory, request).finally(() => starting.delete(directory.key));
    starting.set(directory.key, begun);
    return begun;
  }

  async function begin(directory: SessionDirectory, request: StartRequest): Promise<StartResult> {
    try {
      if (await isStarted(request.session)) {
        return { started: true };
      }
      // What a start left that was cut off before the container ran
      await removeDirectory(directory);
      await claimDirectory(directory);
      return await launch(directory, request);
    } catch (error) {
      await removeLeftover(request.session);
      await removeDirectory(directory);
      const { reason, remedy } = explainEngine(error, { socketPath: options.socketPath, image: options.image });
      log.warn('compute: the worker did not start', { session: directory.key, reason });
      return { started: false, reason, remedy };
    }
  }

  /** Whether the session's container runs or has run; one that never did is removed. */
  async function isStarted(session: SessionRef): Promise<boolean> {
    const state = await inspect(session);
    if (state !== null && state.Status !== 'created') {
      return true;
    }
    if (state !== null) {
      await containerOf(session).remove({ force: true, v: true });
    }
    return false;
  }

  async function removeLeftover(session: SessionRef): Promise<void> {
    try {
      await isStarted(session);
    } catch (error) {
      log.warn('compute: what a failed start left behind could not be removed', { error });
    }
  }

  async function launch(directory: SessionDirectory, request: StartRequest): Promise<StartResult> {
    const found = await findImage(engine, options.image);
    if (!found.found) {
      await removeDirectory(directory);
      return { started: false, reason: found.reason, remedy: found.remedy };
    }
    const reservation = process.getuid?.() === 0 ? reserveOwner() : null;
    const owner = reservation?.owner ?? { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    try {
      await makeDirectories(directory, owner);
      await openSocket(options.doorSocketPath, owner);
      const plan = await planWorker(request, {
        ...options,
        directory,
        owner,
        image: found.image,
        name: names.nameOf(request.session),
        labels: names.labelsOf(request),
        environment: await findEnvironment(request.environment ?? null),
      });
      const container = await engine.createContainer(containerOptions(plan)).catch(async (error: unknown) => {
        if (isNameInUse(error) && (await isStarted(request.session))) {
          return null;
        }
        throw error;
      });
      if (container === null) {
        reservation?.release();
        return { started: true };
      }
      const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
      const follow = await run(container, { stream, request });
      void follow.ended.catch(() => undefined).finally(() => reservation?.release());
      hold(request.session, { follow, directory, limits: request.limits });
      return { started: true };
    } catch (error) {
      reservation?.release();
      throw error;
    }
  }

  async function findEnvironment(key: string | null): Promise<EnvironmentDirectory | null> {
    const environment = key === null ? null : await directories.find(key);
    if (key !== null && environment === null) {
      throw new Error(`the environment ${key} is not on this machine`);
    }
    return environment;
  }

  async function run(
    container: Dockerode.Container,
    { request, stream }: { request: StartRequest; stream: NodeJS.ReadWriteStream },
  ): Promise<FollowedContainer> {
    const door = { url: 'http://127.0.0.1:8080', socketPath: INSIDE.door, token: request.job.door.token };
    const job = AnyJob.parse({ ...request.job, workDir: INSIDE.work, door });
    await container.start();
    // A worker that is gone before it read its job says why itself
    stream.on('error', () => undefined);
    stream.end(JSON.stringify(job));
    return followContainer({ engine, container, output: stream, limits: request.limits, onOutage });
  }

  function onOutage(error: unknown): void {
    log.warn('compute: the container engine does not answer; its workers are waited for', { error });
  }

  /** Keeps what is followed, and watches what it writes to disk. */
  function hold(
    session: SessionRef,
    given: { follow: FollowedContainer; directory: SessionDirectory; limits: { diskBytes: number } },
  ): FollowedContainer {
    const { directory, follow } = given;
    followed.set(directory.key, follow);
    const unwatch = watchDisk({
      directory: directory.path,
      maxBytes: given.limits.diskBytes,
      exceed: () => {
        follow.kill('disk').catch((error: unknown) => {
          log.warn('compute: a worker that wrote too much could not be stopped', { error, ...session });
        });
      },
    });
    follow.ended
      .catch((error: unknown) => log.warn('compute: the end of a session was not seen', { error, ...session }))
      .finally(unwatch);
    return follow;
  }

  /** The container of a session, followed from now on if an earlier process started it; null when there is none. */
  async function find(session: SessionRef): Promise<FollowedContainer | null> {
    const directory = sessionDirectory(options.directory, session);
    const known = followed.get(directory.key);
    if (known !== undefined) {
      return known;
    }
    const container = containerOf(session);
    const found = await inspectWhole(session);
    const again = followed.get(directory.key);
    if (again !== undefined || found === null || found.State.Status === 'created') {
      return again ?? null;
    }
    const limits = names.limitsOf(found.Config.Labels);
    const follow = followContainer({ engine, container, output: null, limits, onOutage });
    return hold(session, { follow, directory, limits });
  }

  function containerOf(session: SessionRef): Dockerode.Container {
    return engine.getContainer(names.nameOf(session));
  }

  async function inspectWhole(session: SessionRef): Promise<Dockerode.ContainerInspectInfo | null> {
    try {
      const found = await containerOf(session).inspect();
      return names.isOurs(found.Config.Labels) ? found : null;
    } catch (error) {
      if (isMissing(error)) {
        return null;
      }
      throw error;
    }
  }

  async function inspect(session: SessionRef): Promise<Dockerode.ContainerInspectInfo['State'] | null> {
    return (await inspectWhole(session))?.State ?? null;
  }

  async function probe(session: SessionRef): Promise<SessionFacts> {
    const known = followed.get(sessionDirectory(options.directory, session).key);
    if (known !== undefined) {
      return known.facts() ?? { kind: 'running' };
    }
    const found = await inspectWhole(session);
    if (found === null) {
      return { kind: 'unknown' };
    }
    if (found.State.Running || found.State.Paused || found.State.Restarting) {
      return { kind: 'running' };
    }
    const limits = names.limitsOf(found.Config.Labels);
    return { kind: 'exited', ...describeState(found.State, { killed: null, limits, output: '' }) };
  }

  async function ended(session: SessionRef): Promise<SessionFacts> {
    await starting.get(sessionDirectory(options.directory, session).key);
    const follow = await find(session);
    return follow === null ? { kind: 'unknown' } : follow.ended;
  }

  async function stop(session: SessionRef, { graceMs }: { graceMs: number }): Promise<SessionFacts> {
    await starting.get(sessionDirectory(options.directory, session).key);
    const follow = await find(session);
    if (follow === null) {
      await isStarted(session);
      return { kind: 'unknown' };
    }
    if (follow.facts() === null) {
      await follow.terminate();
      if (!(await endsWithin(follow.ended, graceMs))) {
        await follow.kill('stop');
      }
    }
    return follow.ended;
  }

  async function clean(session: SessionRef): Promise<void> {
    const directory = sessionDirectory(options.directory, session);
    const facts = await probe(session);
    if (facts.kind === 'running') {
      throw new Error(`session ${directory.key} is still running; stop it before it is cleaned`);
    }
    await followed.get(directory.key)?.ended;
    try {
      await containerOf(session).remove({ force: true, v: true });
    } catch (error) {
      if (!isMissing(error) && !isInThatState(error)) {
        throw error;
      }
    }
    await removeDirectory(directory);
    followed.delete(directory.key);
  }

  /** Containers by their labels, and directories whose container is gone. */
  async function list(): Promise<SessionRef[]> {
    const containers = await engine.listContainers({ all: true, filters: { label: [names.ownLabel()] } });
    const found = [
      ...containers.flatMap(({ Labels }) => names.sessionOf(Labels)),
      ...(await listSessions(options.directory)),
    ];
    const byKey = new Map(found.map((session) => [`${session.taskId}-${session.epoch}`, session]));
    return [...byKey.values()];
  }

  return { name: 'docker', start, probe, ended, stop, clean, list, environments };
}
