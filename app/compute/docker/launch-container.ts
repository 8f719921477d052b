import type Dockerode from 'dockerode';
import { AnyJob } from '../../../protocol/index.ts';
import type { StartRequest } from '../compute.ts';
import type { EnvironmentDirectories, EnvironmentDirectory } from '../environments/environment-directory.ts';
import { INSIDE } from '../sandbox/sandbox-arguments.ts';
import { reserveOwner } from '../sandbox/sandbox-owner.ts';
import type { CompileCache } from '../session/compile-cache.ts';
import { openSocket } from '../session/open-socket.ts';
import { makeDirectories } from '../session/start-session.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import { attachBeforeStart } from './attach.ts';
import { checkImage, type ImageCheck } from './check-image.ts';
import { containerOptions } from './container-options.ts';
import { imageEnvironment } from './image-environment.ts';
import { planWorker, type WorkerPlace } from './plan-worker.ts';
import type { SessionNames } from './session-names.ts';
import { findImage, type WorkerImage } from './worker-image.ts';

export interface ContainerLauncherOptions extends Pick<
  WorkerPlace,
  'doorSocketPath' | 'workerEntry' | 'nodePath' | 'runtime' | 'cpus' | 'workBytes'
> {
  readonly engine: Dockerode;
  readonly names: SessionNames;
  readonly directories: EnvironmentDirectories;
  readonly imageFor: (name: string | null) => string;
  readonly cache: Promise<CompileCache | null>;
}

export type LaunchedContainer =
  | { readonly kind: 'refused'; readonly reason: string; readonly remedy: string }
  | {
      readonly kind: 'running';
      readonly container: Dockerode.Container;
      readonly output: NodeJS.ReadableStream;
      /** Gives the worker's user back, once it has ended. */
      readonly release: () => void;
    };

/** Starts the container of a session. Rejects with what the engine answered when it does not. */
export function createContainerLauncher(
  options: ContainerLauncherOptions,
): (directory: SessionDirectory, request: StartRequest) => Promise<LaunchedContainer> {
  const { directories, engine, names } = options;
  const checks = new Map<string, Promise<ImageCheck>>();

  /** Once for each image, because an image of the same id is the same. */
  async function lookInto(image: WorkerImage): Promise<ImageCheck> {
    const known = checks.get(image.id);
    if (known !== undefined) {
      return known;
    }
    const looking = checkImage(engine, { ...options, image });
    checks.set(image.id, looking);
    looking.catch(() => checks.delete(image.id));
    return looking;
  }

  async function findEnvironment(key: string | null): Promise<EnvironmentDirectory | null> {
    const environment = key === null ? null : await directories.find(key);
    if (key !== null && environment === null) {
      throw new Error(`the environment ${key} is not on this machine`);
    }
    return environment;
  }

  return async function launch(directory, request) {
    const found = await findImage(engine, options.imageFor(request.image ?? null));
    if (!found.found) {
      return { kind: 'refused', reason: found.reason, remedy: found.remedy };
    }
    const check = await lookInto(found.image);
    if (!check.ok) {
      return { kind: 'refused', reason: check.reason, remedy: check.remedy };
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
        cache: (await options.cache)?.mountFor(owner) ?? [],
      });
      const container = await engine.createContainer(containerOptions(plan));
      const output = await start(engine, { container, image: found.image, request });
      return { kind: 'running', container, output, release: () => reservation?.release() };
    } catch (error) {
      reservation?.release();
      throw error;
    }
  };
}

/** Attached before it starts, so that nothing it prints is missed; its job is the first thing it reads. */
async function start(
  engine: Dockerode,
  { container, image, request }: { container: Dockerode.Container; image: WorkerImage; request: StartRequest },
): Promise<NodeJS.ReadableStream> {
  const door = { url: 'http://127.0.0.1:8080', socketPath: INSIDE.door, token: request.job.door.token };
  const job = AnyJob.parse({ ...request.job, environment: imageEnvironment(image), workDir: INSIDE.work, door });
  const stream = await attachBeforeStart(engine, container);
  await container.start();
  // A worker that is gone before it read its job says why itself
  stream.on('error', () => undefined);
  stream.end(JSON.stringify(job));
  return stream;
}
