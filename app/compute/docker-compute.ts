import path from 'node:path';
import type Dockerode from 'dockerode';
import type { Compute, SessionFacts, SessionRef, StartRequest, StartResult } from './compute.ts';
import { createDockerEnvironments } from './docker/docker-environments.ts';
import { explainEngine, isInThatState, isMissing, isNameInUse, isUnavailable } from './docker/engine-errors.ts';
import { followContainer, describeState } from './docker/follow-container.ts';
import type { FollowedContainer } from './docker/follow-container.ts';
import { createContainerLauncher } from './docker/launch-container.ts';
import type { ContainerLauncherOptions } from './docker/launch-container.ts';
import { loadInContainer } from './docker/load-worker.ts';
import { isRunning } from './docker/look-at-end.ts';
import { createSessionNames } from './docker/session-names.ts';
import { findImage } from './docker/worker-image.ts';
import { reserveOwner } from './sandbox/sandbox-owner.ts';
import { createEnvironmentDirectories } from './environments/environment-directory.ts';
import type { ComputeLog } from './session/launch.ts';
import { claimDirectory, listSessions, removeDirectory, sessionDirectory } from './session/session-directory.ts';
import type { SessionDirectory } from './session/session-directory.ts';
import { endsWithin } from './session/orphaned-session.ts';
import { warmCompileCache } from './session/compile-cache.ts';
import type { CompileCache } from './session/compile-cache.ts';
import { watchDisk } from './session/watch-disk.ts';

export interface DockerComputeOptions extends Omit<ContainerLauncherOptions, 'names' | 'directories' | 'cache'> {
  readonly socketPath: string;
  /** Where sessions keep what lies on disk. Tells the containers of this Bosun from those of others on the same engine. */
  readonly directory: string;
  /** `ahead` (default): the worker's modules are compiled once, when this is made, for all sessions. */
  readonly compile?: 'ahead' | 'each time';
  readonly log: ComputeLog;
}

/**
 * Workers in containers of a Docker or Podman engine of this machine: an image instead of the host's programs, no
 * network, and the door's socket as the only way out. They continue when this process ends, and are found again by
 * their labels.
 */
export function createDockerCompute(options: DockerComputeOptions): Compute {
  const { engine, log } = options;
  const followed = new Map<string, FollowedContainer>();
  const starting = new Map<string, Promise<StartResult>>();
  const names = createSessionNames(options.directory);
  const directories = createEnvironmentDirectories(path.join(options.directory, '.environments'));
  const cache = options.compile === 'each time' ? Promise.resolve(null) : compileAhead(options);
  const launchContainer = createContainerLauncher({ ...options, names, directories, cache });
  const environments = createDockerEnvironments({ ...options, directories });

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
      const { reason, remedy } = explainEngine(error, {
        socketPath: options.socketPath,
        image: options.imageFor(request.image ?? null),
      });
      return refuse(directory, { reason, remedy, ...(isUnavailable(error) ? { isOutage: true as const } : {}) });
    }
  }

  async function refuse(
    directory: SessionDirectory,
    refusal: Omit<Extract<StartResult, { started: false }>, 'started'>,
  ): Promise<StartResult> {
    await removeDirectory(directory);
    log.warn('compute: the worker did not start', { session: directory.key, reason: refusal.reason });
    return { started: false, ...refusal };
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
    const launched = await launchContainer(directory, request).catch(async (error: unknown) => {
      if (isNameInUse(error) && (await isStarted(request.session))) {
        return null;
      }
      throw error;
    });
    if (launched === null) {
      return { started: true };
    }
    if (launched.kind === 'refused') {
      return refuse(directory, { reason: launched.reason, remedy: launched.remedy });
    }
    const { container, output, release } = launched;
    const { limits } = request;
    const follow = followContainer({ engine, container, output, limits, onOutage });
    void follow.ended.catch(() => undefined).finally(release);
    hold(request.session, { follow, directory, limits });
    return { started: true };
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
    // One whose start was cut off never ran, and its exit code of 0 means nothing
    if (found === null || found.State.Status === 'created') {
      return { kind: 'unknown' };
    }
    if (isRunning(found.State)) {
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

  return {
    name: 'docker',
    traits: { survivesRestart: true, toolsFrom: 'image' },
    start,
    probe,
    ended,
    stop,
    clean,
    list,
    environments,
  };
}

/** In the default image, under the Node that is the same in all of them; failing costs time and nothing else. */
async function compileAhead(options: DockerComputeOptions): Promise<CompileCache | null> {
  try {
    const found = await findImage(options.engine, options.imageFor(null));
    return found.found
      ? warmCompileCache({
          directory: path.join(options.directory, '.compile-cache'),
          load: (at) => loadInContainer(options.engine, { ...options, image: found.image }, at),
          reserve: () => (process.getuid?.() === 0 ? reserveOwner() : null),
          log: options.log,
        })
      : null;
  } catch (error) {
    options.log.warn('compute: the compile cache could not be made', { error });
    return null;
  }
}
