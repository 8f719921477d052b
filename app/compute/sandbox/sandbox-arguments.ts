import { existsSync, globSync, lstatSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { StartRequest } from '../compute.ts';
import type { Owner } from '../session/launch.ts';
import type { SandboxTools } from './sandbox-tools.ts';

/** Where things are inside a sandbox. All that is ours lies below one directory that no system uses. */
export const INSIDE = {
  node: '/bosun/bin/node',
  code: '/bosun/code',
  work: '/bosun/work',
  home: '/bosun/home',
  job: '/bosun/job/job.json',
  cache: '/bosun/cache',
  door: '/bosun/door',
  temporary: '/tmp',
} as const;

export interface SandboxPlan {
  readonly tools: SandboxTools;
  /** Who the worker is. As root: an id of its own that nobody else has. */
  readonly owner: Owner | null;
  readonly limits: StartRequest['limits'];
  /** Most the worker may keep in its work directory, which lives in memory. */
  readonly workBytes: number;
  /** On the host; keeps the work on disk instead. */
  readonly workDirectory: string | null;
  /** On the host; keeps the home on disk instead of in memory. */
  readonly homeDirectory: string | null;
  /** On the host; the checkout that a prepared environment lies in already. */
  readonly repositoryDirectory?: string | null;
  /** Read-only, host path to inside path. */
  readonly readOnly: readonly { readonly from: string; readonly to: string }[];
  /** A filter for system calls comes over a descriptor. */
  readonly hasFilter: boolean;
  /** The job comes over a descriptor. */
  readonly hasJob: boolean;
  readonly doorSocketPath: string | null;
  readonly environment: Readonly<Record<string, string>>;
  readonly command: readonly string[];
}

const SYSTEM_DIRECTORIES = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'];
/** What programs need of `/etc` to link, to check certificates and to know the time; nothing that names this machine. */
const SYSTEM_FILES = [
  '/etc/alternatives',
  '/etc/ca-certificates',
  '/etc/ca-certificates.conf',
  '/etc/dotnet',
  '/etc/fonts',
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/localtime',
  // Not the settings beside them, which may hold passwords of registries
  '/etc/maven/logging',
  '/etc/maven/m2.conf',
  '/etc/mime.types',
  '/etc/pki/tls/certs',
  '/etc/pki/ca-trust/extracted',
  '/etc/protocols',
  '/etc/services',
  '/etc/ssl/certs',
  '/etc/ssl/openssl.cnf',
];
/** Settings in directories of a version, to which the programs in `/usr` have links: Java does not start without. */
const VERSIONED_SYSTEM_FILES = ['/etc/java-*', '/etc/php/*/cli', '/etc/php/*/mods-available'];
const SMALL_BYTES = 64 * 1024 * 1024;
const TEMPORARY_BYTES = 1024 * 1024 * 1024;
const JOB_BYTES = 16 * 1024 * 1024;
const OPEN_FILES = 4_096;

/** What bubblewrap is told: its options over a descriptor, because its command line can be read inside, and the command. */
export interface SandboxArguments {
  readonly options: readonly string[];
  readonly command: readonly string[];
}

/** Descriptors that bubblewrap reports on and reads its options from. */
export const STATUS_DESCRIPTOR = 3;
export const OPTIONS_DESCRIPTOR = 4;
/** Descriptor that bubblewrap copies the job from. */
const JOB_DESCRIPTOR = 5;
/** Descriptor that bubblewrap reads the filter for system calls from. */
const FILTER_DESCRIPTOR = 6;

/**
 * Arguments for bubblewrap. As root it makes the namespaces itself, with mounts only root could make, and the worker then
 * becomes a user of its own: limits on processes do not bind root, and no user namespace has to be allowed. As anybody
 * else a user namespace does the same, and may not be nested.
 */
export function buildSandboxArguments(plan: SandboxPlan): SandboxArguments {
  const options = [
    plan.owner === null ? becomeUnprivileged(plan.tools) : keepOnlyWhatDropsRights(),
    ['--unshare-ipc', '--unshare-pid', '--unshare-net', '--unshare-uts', '--unshare-cgroup-try'],
    ['--die-with-parent', '--new-session', '--hostname', 'worker', '--json-status-fd', String(STATUS_DESCRIPTOR)],
    mountSystem(),
    mountOwnPlaces(plan),
    plan.hasFilter ? ['--seccomp', String(FILTER_DESCRIPTOR)] : [],
    ['--clearenv'],
    Object.entries(plan.environment).flatMap(([name, value]) => ['--setenv', name, value]),
    // The work directory may be open to the worker's user alone, which bubblewrap is not
    ['--chdir', '/'],
  ].flat();
  return { options, command: ['--args', String(OPTIONS_DESCRIPTOR), '--', ...enterSandbox(plan)] };
}

function becomeUnprivileged(tools: SandboxTools): string[] {
  return ['--unshare-user', ...(tools.hasDisableUserns ? ['--disable-userns'] : [])];
}

function keepOnlyWhatDropsRights(): string[] {
  return ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP'].reduce<string[]>(
    (kept, capability) => [...kept, '--cap-add', capability],
    ['--cap-drop', 'ALL'],
  );
}

function mountSystem(): string[] {
  const mounts = SYSTEM_DIRECTORIES.filter((directory) => existsSync(directory)).flatMap((directory) =>
    lstatSync(directory).isSymbolicLink()
      ? ['--symlink', readlinkSync(directory), directory]
      : ['--ro-bind', directory, directory],
  );
  // The store of NixOS, where everything of the system lies
  const store = existsSync('/nix/store') ? ['--ro-bind', '/nix/store', '/nix/store'] : [];
  const present = [...SYSTEM_FILES.filter((file) => existsSync(file)), ...globSync(VERSIONED_SYSTEM_FILES).sort()];
  const files = present.flatMap((file) => ['--ro-bind', file, file]);
  return [...mounts, ...store, ...parentsOf(present), ...files];
}

function mountOwnPlaces(plan: SandboxPlan): string[] {
  function memory(place: string, mode: string, bytes: number): string[] {
    return ['--perms', mode, ...(plan.tools.hasSize ? ['--size', String(bytes)] : []), '--tmpfs', place];
  }
  return [
    // Read-only: what is first to be killed when memory runs out must not say that it is not
    ['--proc', '/proc', '--remount-ro', '/proc', '--dev', '/dev', '--remount-ro', '/dev'],
    memory('/dev/shm', '1777', SMALL_BYTES),
    memory(INSIDE.temporary, '1777', TEMPORARY_BYTES),
    parentsOf([INSIDE.work, ...plan.readOnly.map(({ to }) => to)]),
    plan.workDirectory === null
      ? memory(INSIDE.work, '0777', plan.workBytes)
      : ['--bind', plan.workDirectory, INSIDE.work],
    plan.repositoryDirectory === undefined || plan.repositoryDirectory === null
      ? []
      : ['--bind', plan.repositoryDirectory, path.join(INSIDE.work, 'repository')],
    plan.homeDirectory === null
      ? memory(INSIDE.home, '0777', TEMPORARY_BYTES)
      : ['--bind', plan.homeDirectory, INSIDE.home],
    plan.readOnly.flatMap(({ from, to }) => ['--ro-bind', from, to]),
    // A copy in memory of its own: a directory of the host would be a place to write without a quota
    plan.hasJob
      ? [
          ...memory(path.dirname(INSIDE.job), '0777', JOB_BYTES),
          // Made by root, it has to be open to the worker's user; nobody else is in there
          '--perms',
          plan.owner === null ? '0400' : '0444',
          '--file',
          String(JOB_DESCRIPTOR),
          INSIDE.job,
        ]
      : [],
    plan.doorSocketPath === null ? [] : ['--ro-bind', plan.doorSocketPath, INSIDE.door],
    ['--remount-ro', '/'],
  ].flat();
}

/** Directories above a mount, which everybody may pass; bubblewrap alone would make them for the owner only. */
function parentsOf(places: readonly string[]): string[] {
  const parents = new Set<string>();
  for (const place of places) {
    const parts = place.split('/').slice(1, -1);
    parts.forEach((_, depth) => parents.add(`/${parts.slice(0, depth + 1).join('/')}`));
  }
  const bound = SYSTEM_DIRECTORIES.filter((directory) => existsSync(directory));
  return [...parents]
    .filter((parent) => !bound.some((directory) => parent === directory || parent.startsWith(`${directory}/`)))
    .flatMap((parent) => ['--perms', '0755', '--dir', parent]);
}

/**
 * The steps between bubblewrap and the worker, each replaced by the next: somebody without rights, then limited.
 */
function enterSandbox({ tools, owner, limits, command }: SandboxPlan): string[] {
  return [
    owner === null ? [] : become(tools.setpriv, owner),
    [tools.prlimit, `--nproc=${limits.processes}`, `--fsize=${limits.fileBytes}`],
    [`--nofile=${OPEN_FILES}`, '--core=0', '--'],
    command,
  ].flat();
}

function become(setpriv: string, { uid, gid }: Owner): string[] {
  const rights = ['--inh-caps=-all', '--bounding-set=-all', '--no-new-privs'];
  return [setpriv, '--reuid', String(uid), '--regid', String(gid), '--clear-groups', ...rights];
}

/** The parts of the project a worker runs from: its sources and packages, or the one directory its bundle lies in. */
export function mountCode(workerEntry: string): { entry: string; readOnly: { from: string; to: string }[] } {
  const directory = path.dirname(workerEntry);
  if (!workerEntry.endsWith('.ts')) {
    return {
      entry: path.join(INSIDE.code, path.basename(workerEntry)),
      readOnly: [{ from: directory, to: INSIDE.code }],
    };
  }
  const root = path.dirname(directory);
  const parts = [path.basename(directory), 'protocol', 'node_modules', 'package.json'];
  return {
    entry: path.join(INSIDE.code, path.basename(directory), path.basename(workerEntry)),
    readOnly: parts
      .map((part) => ({ from: path.join(root, part), to: path.join(INSIDE.code, part) }))
      .filter(({ from }) => existsSync(from)),
  };
}
