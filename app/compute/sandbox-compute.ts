import { mkdir, realpath } from 'node:fs/promises';
import { totalmem } from 'node:os';
import path from 'node:path';
import { getuid } from 'node:process';
import type { Compute, StartRequest } from './compute.ts';
import { copyEnvironment } from './environments/copy-environment.ts';
import { createEnvironmentDirectories } from './environments/environment-directory.ts';
import { layOverlay, mayOverlay } from './environments/overlay.ts';
import { createSandboxEnvironments } from './environments/sandbox-environments.ts';
import { heapLimit } from './process-compute.ts';
import { loadInSandbox } from './sandbox/load-worker.ts';
import { warmCompileCache } from './session/compile-cache.ts';
import type { CompileCache } from './session/compile-cache.ts';
import { findProgram } from './sandbox/find-program.ts';
import { buildSeccompFilter } from './sandbox/seccomp-filter.ts';
import { INSIDE, buildSandboxArguments, mountCode } from './sandbox/sandbox-arguments.ts';
import { reserveOwner } from './sandbox/sandbox-owner.ts';
import type { SandboxPlan } from './sandbox/sandbox-arguments.ts';
import { explainFailure, findTools } from './sandbox/sandbox-tools.ts';
import { describeToolPaths } from './sandbox/tool-paths.ts';
import type { SandboxTools } from './sandbox/sandbox-tools.ts';
import { type ControlGroups, openControlGroups } from './session/control-groups.ts';
import type { ComputeLog, Launcher, Owner } from './session/launch.ts';
import { createSessionCompute } from './session/session-compute.ts';
import type { SessionDirectory } from './session/session-directory.ts';
import { openSocket } from './session/open-socket.ts';
import { writeSystemFiles } from './session/system-files.ts';
import { workerEnvironment } from './session/worker-environment.ts';

export interface SandboxComputeOptions {
  /** Where sessions keep their directories. */
  readonly directory: string;
  /**
   * Unix socket of the door, or a directory of such, which the worker sees as it changes: the only way out. A socket's mode
   * is opened when the worker is another user; keep it in a private directory.
   */
  readonly doorSocketPath: string;
  /** `worker/main.ts` (its package is mounted read-only beside it), or a bundle that needs nothing else. */
  readonly workerEntry: string;
  readonly nodePath: string;
  /** Found in the system's directories when absent. */
  readonly bwrapPath?: string;
  /** Directories with tools outside `/usr`, which the worker may read and whose programs it finds. */
  readonly toolPaths?: readonly string[];
  /** `memory` (default) has a size that cannot be exceeded; `disk` is watched. */
  readonly workspace?: 'memory' | 'disk';
  /** Size of the work directory in memory: 4 GiB or half of the machine's memory or the limit of the disk by default, whichever is least. */
  readonly workBytes?: number;
  /** Found on this machine when absent; null for none, where only the watch limits memory. */
  readonly controlGroups?: ControlGroups | null;
  /** `ahead` (default): the worker's modules are compiled once, when this is made, for all sessions. */
  readonly compile?: 'ahead' | 'each time';
  readonly log: ComputeLog;
}

const WORK_BYTES = 4 * 1024 * 1024 * 1024;

/**
 * Workers in bubblewrap: no network but the door's socket, no files but the system's programs and its own, no environment,
 * no rights, no sight of other processes. It dies with this process.
 */
export function createSandboxCompute(options: SandboxComputeOptions): Compute {
  const isRoot = getuid?.() === 0;
  function notCompiled(error: unknown): null {
    // It costs time and nothing else; what is wrong is said when a worker is started
    options.log.warn('compute: the compile cache could not be made', { error });
    return null;
  }
  const groups = options.controlGroups === undefined ? openControlGroups() : options.controlGroups;
  const filter = buildSeccompFilter(process.arch);
  const cache = options.compile === 'each time' ? null : compileAhead(options).catch(notCompiled);
  const directories = createEnvironmentDirectories(path.join(options.directory, '.environments'));
  let tools: ReturnType<typeof findTools> | null = null;
  let overlays: Promise<boolean> | null = null;

  async function requireTools(): Promise<SandboxTools> {
    tools ??= findTools(options.bwrapPath);
    const found = await tools;
    if (!found.found) {
      tools = null;
      throw new Error(`${found.reason}. ${found.remedy}`);
    }
    return found.tools;
  }

  /** Where the session's checkout and home are, when it starts from an environment or leaves one behind. */
  async function placeEnvironment(
    directory: SessionDirectory,
    given: Parameters<Launcher['prepare']>[1],
  ): Promise<Placed> {
    const { environment, owner, space } = given;
    if (space === 'kept') {
      return { prefix: [], repository: null, home: directory.home };
    }
    if (environment === null) {
      return { prefix: [], repository: null, home: null };
    }
    overlays ??= isRoot ? mayOverlay(options.directory) : Promise.resolve(false);
    if (owner !== null && (await overlays)) {
      const at = path.join(directory.path, 'space');
      await mkdir(at, { mode: 0o711 });
      const memoryBytes = space === 'disk' ? null : workBytes(options, given.limits);
      const overlay = layOverlay({ environment, owner, space: at, memoryBytes });
      return { ...overlay, prefix: [findProgram('unshare') ?? 'unshare', ...overlay.prefix] };
    }
    const repository = path.join(directory.path, 'repository');
    await mkdir(repository, { mode: 0o700 });
    await copyEnvironment(environment, { repository, home: directory.home, owner });
    return { prefix: [], repository, home: directory.home };
  }

  const sessions = createSessionCompute(
    {
      name: 'sandbox',
      reserveOwner: () => (isRoot ? reserveOwner() : null),
      place: () => ({ workDir: INSIDE.work, door: { url: 'http://127.0.0.1:8080', socketPath: INSIDE.door } }),
      prepare: async (directory, given) => {
        tools ??= findTools(options.bwrapPath);
        const found = await tools;
        if (!found.found) {
          tools = null;
          return { ready: false, reason: found.reason, remedy: found.remedy };
        }
        await openSocket(options.doorSocketPath, given.owner);
        const placed = await placeEnvironment(directory, given);
        const inMemory = isOnDisk(options, given.space) ? 0 : workBytes(options, given.limits);
        const { options: bwrapOptions, command } = buildSandboxArguments(
          await planSandbox(options, {
            ...given,
            placed,
            directory,
            tools: found.tools,
            cache: (await cache)?.mountFor(given.owner) ?? [],
          }),
        );
        const [program = found.tools.bwrap, ...args] = [...placed.prefix, found.tools.bwrap, ...command];
        return {
          ready: true,
          launch: {
            command: program,
            args,
            options: bwrapOptions,
            input: given.jobFile.path,
            filter,
            // What lies in the work directory has a size of its own
            group: groups?.create({ ...given.limits, memoryBytes: given.limits.memoryBytes + inMemory }) ?? null,
            workInMemory: inMemory === 0 || placed.prefix.length > 0 ? null : INSIDE.work,
            // The mounts are made by programs of the system
            env: placed.prefix.length === 0 ? {} : { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
            cwd: '/',
            owner: null,
            reportsStatus: true,
            diskDirectory: isOnDisk(options, given.space) ? directory.path : null,
          },
        };
      },
      explain: explainFailure,
    },
    { ...options, directories },
  );
  const environments = createSandboxEnvironments({
    directory: options.directory,
    directories,
    tools: requireTools,
    toolPaths: describeToolPaths(options.toolPaths ?? []).search,
  });
  return { ...sessions, environments };
}

interface Placed {
  readonly prefix: readonly string[];
  readonly repository: string | null;
  readonly home: string | null;
}

function isOnDisk(options: SandboxComputeOptions, space: 'memory' | 'disk' | 'kept'): boolean {
  return space !== 'memory' || options.workspace === 'disk';
}

function workBytes(options: SandboxComputeOptions, limits: StartRequest['limits']): number {
  return options.workBytes ?? Math.min(WORK_BYTES, Math.floor(totalmem() / 2), limits.diskBytes);
}

interface Given {
  readonly tools: SandboxTools;
  readonly directory: SessionDirectory;
  readonly owner: Owner | null;
  readonly limits: SandboxPlan['limits'];
  readonly cache: SandboxPlan['readOnly'];
  readonly placed: Placed;
  readonly space: 'memory' | 'disk' | 'kept';
}

async function compileAhead(options: SandboxComputeOptions): Promise<CompileCache | null> {
  const found = await findTools(options.bwrapPath);
  if (!found.found) {
    return null;
  }
  const [workerEntry, nodePath] = await Promise.all([realpath(options.workerEntry), realpath(options.nodePath)]);
  return warmCompileCache({
    directory: path.join(options.directory, '.compile-cache'),
    load: (at) => loadInSandbox({ tools: found.tools, workerEntry, nodePath }, at),
    reserve: () => (getuid?.() === 0 ? reserveOwner() : null),
    log: options.log,
  });
}

async function planSandbox(options: SandboxComputeOptions, given: Given): Promise<SandboxPlan> {
  const { tools, directory, owner, limits, cache } = given;
  const code = mountCode(await realpath(options.workerEntry));
  const tooling = describeToolPaths(options.toolPaths ?? []);
  return {
    tools,
    owner,
    limits,
    workBytes: workBytes(options, limits),
    workDirectory: isOnDisk(options, given.space) ? directory.work : null,
    homeDirectory: given.placed.home,
    repositoryDirectory: given.placed.repository,
    readOnly: [
      { from: await realpath(options.nodePath), to: INSIDE.node },
      ...code.readOnly,
      ...(await writeSystemFiles(['passwd', 'group', 'hosts', 'nsswitch.conf'], {
        below: directory.path,
        owner: owner ?? { uid: getuid?.() ?? 0, gid: process.getgid?.() ?? 0 },
        home: INSIDE.home,
      })),
      ...cache,
      ...tooling.mounts.map((place) => ({ from: place, to: place })),
    ],
    hasFilter: buildSeccompFilter(process.arch) !== null,
    hasJob: true,
    doorSocketPath: options.doorSocketPath,
    environment: {
      ...workerEnvironment({
        path: [...tooling.search, path.dirname(INSIDE.node), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
        home: INSIDE.home,
        temporary: INSIDE.temporary,
        compileCache: cache.length === 0 ? null : INSIDE.cache,
      }),
      ...tooling.environment,
    },
    command: [INSIDE.node, heapLimit(limits.memoryBytes), code.entry, INSIDE.job],
  };
}
