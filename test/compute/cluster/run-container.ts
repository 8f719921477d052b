import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, existsSync, lstatSync, readlinkSync } from 'node:fs';
import { readProcessTable } from '../../../app/compute/session/process-table.ts';
import { readFileSync } from 'node:fs';

export interface ContainerRun {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly user: number;
  readonly memoryBytes: number;
  readonly mounts: readonly { readonly from: string; readonly to: string; readonly readOnly: boolean }[];
  readonly logFile: string;
}

export interface RunningContainer {
  readonly ended: Promise<{ exitCode: number; outOfMemory: boolean }>;
  readonly kill: (signal: 'SIGTERM' | 'SIGKILL') => void;
}

const SYSTEM = ['/usr', '/bin', '/sbin', '/lib', '/lib64'];
const ETC = ['/etc/ld.so.cache', '/etc/alternatives', '/etc/ssl', '/etc/passwd'];
const LOOK_MS = 50;
const MOST_PROCESSES = 256;

/**
 * Runs a container's command as a process in a sandbox: a root of its own with the system's programs, its mounts, its
 * user, its processes apart. The network is the machine's: what a network policy forbids is not tried here.
 */
export function startContainer(run: ContainerRun): RunningContainer {
  const args = [
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--die-with-parent',
    '--new-session',
    '--cap-drop',
    'ALL',
    '--cap-add',
    'CAP_SETUID',
    '--cap-add',
    'CAP_SETGID',
    '--cap-add',
    'CAP_SETPCAP',
    ...SYSTEM.filter((at) => existsSync(at)).flatMap((at) =>
      lstatSync(at).isSymbolicLink() ? ['--symlink', readlinkSync(at), at] : ['--ro-bind', at, at],
    ),
    ...parents([...ETC, ...run.mounts.map(({ to }) => to)]),
    ...ETC.filter((at) => existsSync(at)).flatMap((at) => ['--ro-bind', at, at]),
    '--proc',
    '/proc',
    '--dev',
    '/dev',
    ...run.mounts.flatMap(({ from, readOnly, to }) => [readOnly ? '--ro-bind' : '--bind', from, to]),
    '--remount-ro',
    '/',
    '--clearenv',
    ...Object.entries(run.env).flatMap(([name, value]) => ['--setenv', name, value]),
    '--chdir',
    '/',
    '--',
    'setpriv',
    '--reuid',
    String(run.user),
    '--regid',
    String(run.user),
    '--clear-groups',
    '--inh-caps=-all',
    '--bounding-set=-all',
    '--no-new-privs',
    '--',
    // As the kubelet's limit on the processes of a pod
    'prlimit',
    `--nproc=${MOST_PROCESSES}`,
    '--',
    ...run.command,
  ];
  const child = spawn('bwrap', args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/bin:/bin:/usr/sbin:/sbin' },
  });
  const log = createWriteStream(run.logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  let outOfMemory = false;
  const watch = setInterval(() => {
    const members = below(child.pid ?? -1);
    if (members.reduce((sum, pid) => sum + residentBytes(pid), 0) > run.memoryBytes) {
      outOfMemory = true;
      kill('SIGKILL');
    }
  }, LOOK_MS);
  const ended = (async () => {
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
    clearInterval(watch);
    log.end();
    await once(log, 'close');
    return { exitCode: code ?? (signal === 'SIGKILL' ? 137 : 143), outOfMemory };
  })();

  /** A kubelet's signal goes to the first process of the container; the last resort to all of them. */
  function kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    const table = readProcessTable();
    const inner = [...table.values()].find(({ parent }) => parent === child.pid)?.pid;
    const worker = [...table.values()].find(({ parent }) => parent === inner)?.pid;
    const target = signal === 'SIGKILL' ? inner : worker;
    if (target !== undefined) {
      signalProcess(target, signal);
    }
  }

  return { ended, kill };
}

/** A process may end between the look at the table and the signal. */
function signalProcess(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') {
      throw error;
    }
  }
}

function below(root: number): number[] {
  const table = [...readProcessTable().values()];
  const found: number[] = [];
  let next = [root];
  while (next.length > 0) {
    next = table.filter(({ parent }) => next.includes(parent)).map(({ pid }) => pid);
    found.push(...next);
  }
  return found;
}

function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

function parents(places: readonly string[]): string[] {
  const all = new Set(
    places.flatMap((place) =>
      place
        .split('/')
        .slice(1, -1)
        .map((_, at, parts) => `/${parts.slice(0, at + 1).join('/')}`),
    ),
  );
  return [...all].toSorted().flatMap((place) => ['--perms', '0755', '--dir', place]);
}
