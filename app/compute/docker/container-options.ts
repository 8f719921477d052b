import path from 'node:path';
import type Dockerode from 'dockerode';
import type { StartRequest } from '../compute.ts';
import { INSIDE } from '../sandbox/sandbox-arguments.ts';
import type { Owner } from '../session/launch.ts';
import type { WorkerImage } from './worker-image.ts';

/** Where the entering program and a place to write are, inside a container; the rest is as in a sandbox. */
export const ENTER = '/bosun/bin/enter.ts';

export interface Bind {
  readonly from: string;
  readonly to: string;
  readonly writable?: true;
}

export interface ContainerPlan {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly image: WorkerImage;
  readonly owner: Owner;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly binds: readonly Bind[];
  /** Directories in memory by path, each with its size. */
  readonly memory: Readonly<Record<string, number>>;
  /** What lies in memory counts as memory, so that it has to be part of the limit. */
  readonly limits: Pick<StartRequest['limits'], 'memoryBytes' | 'processes' | 'fileBytes'>;
  /** Another runtime of the engine than its default, such as gVisor's. */
  readonly runtime: string | null;
  /** Most processors it may use; null is all. */
  readonly cpus: number | null;
}

const SHARED_MEMORY_BYTES = 64 * 1024 * 1024;
const HIDDEN_VOLUME_BYTES = 1024 * 1024;
const OPEN_FILES = 4_096;
const USER_PROCESSES = 32_768;
/** Half of the usual weight, so that the server and its database come first. */
const CPU_SHARES = 512;
/** Docker, the first process and the worker's own threads come on top of what the worker may run. */
const OWN_PROCESSES = 4;

/**
 * What the engine is asked for: no network, a root that cannot be written, no capability and no way to get one, a user
 * without rights, the engine's own filter for system calls, and a limit on everything that can be used up. Whatever an
 * image asks for itself (user, entry point, volumes, health check) is replaced.
 */
export function containerOptions(plan: ContainerPlan): Dockerode.ContainerCreateOptions {
  const { image, limits, owner } = plan;
  const { memoryBytes } = limits;
  return {
    name: plan.name,
    Image: image.id,
    Labels: { ...plan.labels },
    User: `${owner.uid}:${owner.gid}`,
    Entrypoint: [...plan.command],
    Cmd: [],
    Env: Object.entries(plan.environment).map(([name, value]) => `${name}=${value}`),
    WorkingDir: '/',
    Hostname: 'worker',
    Healthcheck: { Test: ['NONE'] },
    NetworkDisabled: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    StdinOnce: true,
    Tty: false,
    HostConfig: {
      NetworkMode: 'none',
      Dns: ['127.0.0.1'],
      ReadonlyRootfs: true,
      Privileged: false,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      IpcMode: 'private',
      // Reaps what loses its parent, and does not ignore signals as the first process of a container does
      Init: true,
      RestartPolicy: { Name: 'no' },
      AutoRemove: false,
      Memory: memoryBytes,
      // The same: nothing of it is swapped
      MemorySwap: memoryBytes,
      CpuShares: CPU_SHARES,
      ...(plan.cpus === null ? {} : { NanoCpus: Math.round(plan.cpus * 1e9) }),
      PidsLimit: limits.processes + OWN_PROCESSES,
      Ulimits: [
        { Name: 'nofile', Soft: OPEN_FILES, Hard: OPEN_FILES },
        { Name: 'fsize', Soft: limits.fileBytes, Hard: limits.fileBytes },
        { Name: 'core', Soft: 0, Hard: 0 },
        // Counts all of a user's processes, so that `PidsLimit` is what limits; Podman's own default is more than some hosts allow
        { Name: 'nproc', Soft: USER_PROCESSES, Hard: USER_PROCESSES },
      ],
      OomScoreAdj: 1_000,
      ShmSize: SHARED_MEMORY_BYTES,
      Tmpfs: {
        ...hideVolumes(image.volumes),
        ...Object.fromEntries(
          Object.entries(plan.memory).map(([place, bytes]) => [
            place,
            `rw,exec,nosuid,nodev,mode=1777,size=${Math.max(1, Math.floor(bytes))}`,
          ]),
        ),
      },
      Mounts: plan.binds.map(({ from, to, writable }) => ({
        Type: 'bind' as const,
        Source: from,
        Target: to,
        ReadOnly: writable !== true,
      })),
      // Output is read as it comes. Kept by the engine, a flood of short lines would cost it many times their size
      LogConfig: { Type: 'none', Config: {} },
      ...(plan.runtime === null ? {} : { Runtime: plan.runtime }),
    },
  };
}

/** An image's volumes would be directories of the host that can be written without a limit. */
function hideVolumes(volumes: readonly string[]): Record<string, string> {
  const shown = volumes.filter((place) => path.posix.isAbsolute(place) && !isOurs(place));
  return Object.fromEntries(
    shown.map((place) => [place, `rw,noexec,nosuid,nodev,mode=1777,size=${HIDDEN_VOLUME_BYTES}`]),
  );
}

function isOurs(place: string): boolean {
  const clean = path.posix.normalize(place);
  return clean === '/' || clean === INSIDE.temporary || clean === '/bosun' || clean.startsWith('/bosun/');
}
