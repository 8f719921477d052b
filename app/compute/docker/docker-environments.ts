import { createHash } from 'node:crypto';
import type Dockerode from 'dockerode';
import type { Environments } from '../compute.ts';
import { createArchivedEnvironments } from '../environments/archived-environments.ts';
import type { ArchivedEnvironmentsOptions, RunningTar } from '../environments/archived-environments.ts';
import { INSIDE } from '../sandbox/sandbox-arguments.ts';
import { ServiceUnavailable } from '../../task/service-unavailable.ts';
import { planTrial } from './check-image.ts';
import { explainEngine, isUnavailable } from './engine-errors.ts';
import { startContainer } from './run-container.ts';
import { findImage } from './worker-image.ts';

const GIBIBYTE = 1024 ** 3;
const LARGEST_FILE_BYTES = 64 * GIBIBYTE;

export interface DockerEnvironmentsOptions extends Pick<ArchivedEnvironmentsOptions, 'directory' | 'directories'> {
  readonly engine: Dockerode;
  readonly socketPath: string;
  readonly nodePath: string;
  readonly runtime: string | null;
  /** The image behind a name of the operator's. */
  readonly imageFor: (name: string | null) => string;
}

/** Environments of containers: the image is the toolchain, and `tar` runs in a container of the default image. */
export function createDockerEnvironments(options: DockerEnvironmentsOptions): Environments {
  return createArchivedEnvironments({
    directory: options.directory,
    directories: options.directories,
    toolchain: async (name) => {
      const image = options.imageFor(name);
      const found = await findImage(options.engine, image).catch((error: unknown) => {
        throw isUnavailable(error)
          ? new ServiceUnavailable(explainEngine(error, { ...options, image }).reason, {
              place: 'compute',
              cause: error,
            })
          : error;
      });
      // A missing one is reported when a worker is started
      const id = found.found ? found.image.id : `missing ${image}`;
      return createHash('sha256').update(`${process.arch}\n${process.version}\n${id}`).digest('hex');
    },
    runTar: (run) => runTar(options, run),
  });
}

async function runTar(
  options: DockerEnvironmentsOptions,
  run: Parameters<ArchivedEnvironmentsOptions['runTar']>[0],
): Promise<RunningTar> {
  const found = await findImage(options.engine, options.imageFor(null));
  if (!found.found) {
    throw new Error(`${found.reason}. ${found.remedy}`);
  }
  const trial = await planTrial({ ...options, image: found.image });
  const isReading = run.args.includes('--create');
  const running = await startContainer(options.engine, {
    ...trial,
    kind: 'tar',
    owner: run.owner ?? trial.owner,
    command: ['tar', `--directory=${INSIDE.work}`, '--no-same-owner', ...run.args],
    binds: [{ from: run.directory, to: INSIDE.work, ...(isReading ? {} : { writable: true as const }) }],
    limits: { ...trial.limits, fileBytes: LARGEST_FILE_BYTES, memoryBytes: GIBIBYTE },
  });
  const ended = running.ended.then(({ errors, exitCode }) => {
    if (exitCode !== 0) {
      throw new Error(`tar ended with ${exitCode}: ${errors.trim()}`);
    }
  });
  // Whoever awaits it sees the failure; a failure of the pipe may come first
  ended.catch(() => undefined);
  return {
    stdin: running.stdin,
    stdout: running.stdout,
    ended,
    kill: () => void running.kill().catch(() => undefined),
  };
}
