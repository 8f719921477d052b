import { mkdir, realpath } from 'node:fs/promises';
import { totalmem } from 'node:os';
import path from 'node:path';
import type { StartRequest } from '../compute.ts';
import { copyEnvironment } from '../environments/copy-environment.ts';
import type { EnvironmentDirectory } from '../environments/environment-directory.ts';
import { heapLimit } from '../process-compute.ts';
import { INSIDE, mountCode } from '../sandbox/sandbox-arguments.ts';
import type { Owner } from '../session/launch.ts';
import type { SessionDirectory } from '../session/session-directory.ts';
import { writeSystemFiles } from '../session/system-files.ts';
import { workerEnvironment } from '../session/worker-environment.ts';
import { ENTER, type Bind, type ContainerPlan } from './container-options.ts';
import { searchPathOf, type WorkerImage } from './worker-image.ts';

const ENTER_PROGRAM = new URL('enter.ts', import.meta.url).pathname;
const WORK_BYTES = 4 * 1024 ** 3;
const HOME_BYTES = 1024 ** 3;
const TEMPORARY_BYTES = 1024 ** 3;
const JOB_BYTES = 16 * 1024 ** 2;

export interface WorkerPlace {
  readonly directory: SessionDirectory;
  readonly owner: Owner;
  readonly image: WorkerImage;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Unix socket of the door, or a directory of such, which the worker sees as it changes: the only way out. */
  readonly doorSocketPath: string;
  readonly workerEntry: string;
  readonly nodePath: string;
  readonly runtime: string | null;
  readonly cpus: number | null;
  /** Size of the work directory in memory: 4 GiB, half of the machine's memory or the limit of the disk, whichever is least. */
  readonly workBytes?: number;
  /** What the session starts from. */
  readonly environment: EnvironmentDirectory | null;
  /** Where the worker's modules lie compiled, as it is mounted; empty where they are not. */
  readonly cache: readonly Bind[];
}

/** The container of a worker: what it sees of this machine, what it may use, and how it begins. */
export async function planWorker(request: StartRequest, place: WorkerPlace): Promise<ContainerPlan> {
  const { directory, image, owner } = place;
  const { limits } = request;
  const code = mountCode(await realpath(place.workerEntry));
  const space = request.job.kind === 'prepare' ? 'kept' : (request.space ?? 'memory');
  const workBytes =
    space === 'memory' ? (place.workBytes ?? Math.min(WORK_BYTES, Math.floor(totalmem() / 2), limits.diskBytes)) : 0;
  const etc = await writeSystemFiles(['passwd', 'group'], { below: directory.path, owner, home: INSIDE.home });
  const writable: Bind[] = [
    ...(space === 'memory' ? [] : [{ from: directory.work, to: INSIDE.work, writable: true as const }]),
    ...(space === 'kept' ? [{ from: directory.home, to: INSIDE.home, writable: true as const }] : []),
    ...(await layEnvironment(place)),
  ];
  return {
    name: place.name,
    labels: place.labels,
    image,
    owner,
    command: [INSIDE.node, heapLimit(limits.memoryBytes), ENTER, code.entry, INSIDE.job],
    environment: {
      ...workerEnvironment({
        path: searchPathOf(image),
        home: INSIDE.home,
        temporary: INSIDE.temporary,
        compileCache: place.cache.length === 0 ? null : INSIDE.cache,
      }),
      // The image's are for the programs of the repository, not for the worker
      ...(image.environment['NODE_OPTIONS'] === undefined ? {} : { NODE_OPTIONS: '' }),
    },
    binds: [
      ...place.cache,
      { from: await realpath(place.nodePath), to: INSIDE.node },
      { from: ENTER_PROGRAM, to: ENTER },
      ...code.readOnly,
      ...etc,
      { from: place.doorSocketPath, to: INSIDE.door },
      ...writable,
    ],
    memory: {
      ...(space === 'memory' ? { [INSIDE.work]: workBytes } : {}),
      ...(space === 'kept' || place.environment !== null ? {} : { [INSIDE.home]: HOME_BYTES }),
      [INSIDE.temporary]: TEMPORARY_BYTES,
      [path.dirname(INSIDE.job)]: JOB_BYTES,
    },
    limits: { ...limits, memoryBytes: limits.memoryBytes + workBytes },
    runtime: place.runtime,
    cpus: place.cpus,
  };
}

/** A private copy of the environment, where the checkout and the home will be. */
async function layEnvironment({ directory, environment, owner }: WorkerPlace): Promise<Bind[]> {
  if (environment === null) {
    return [];
  }
  const repository = path.join(directory.path, 'repository');
  await mkdir(repository, { mode: 0o700 });
  await copyEnvironment(environment, { repository, home: directory.home, owner });
  return [
    { from: repository, to: path.join(INSIDE.work, 'repository'), writable: true },
    { from: directory.home, to: INSIDE.home, writable: true },
  ];
}
