import { readdirSync, readFileSync, readlinkSync, statfsSync, statSync } from 'node:fs';

/**
 * Memory of a session without a control group, as well as it can be seen from outside: what its processes keep for
 * themselves and share, their page tables, files that exist in memory only, what lies in its file systems in memory, and
 * what its sockets and pipes may hold at most. Rather too much than too little: what is both shared and in a file counts
 * twice. `except` is a place whose size is limited elsewhere.
 */
export function sessionMemoryBytes(members: readonly number[], except: string | null): number {
  let bytes = 0;
  const seen = new Set<string>();
  for (const pid of members) {
    bytes += ownMemoryBytes(pid) + openMemoryBytes(pid, seen);
  }
  const inside = members.at(-1);
  return bytes + (inside === undefined ? 0 : fileSystemBytes(inside, except));
}

/** What lies in a file system in memory, as a process sees it. */
export function fileSystemBytesAt(pid: number, place: string): number {
  try {
    const { bfree, blocks, bsize } = statfsSync(`/proc/${pid}/root${place}`);
    return (blocks - bfree) * bsize;
  } catch {
    return 0;
  }
}

const OWN_LINES = /^(?:RssAnon|RssShmem|VmPTE|VmSwap):\s+(\d+) kB$/gm;

function ownMemoryBytes(pid: number): number {
  let kibibytes = 0;
  for (const match of (readOrNull(`/proc/${pid}/status`) ?? '').matchAll(OWN_LINES)) {
    kibibytes += Number(match[1]);
  }
  return kibibytes * 1024;
}

/** Buffers of a socket on both ways, and of a pipe, as the kernel makes them. */
const SOCKET_BYTES = 208 * 1024;
const PIPE_BYTES = 64 * 1024;
/** Others are charged whatever they hold: a program has some of them, an attack thousands. */
const FREE_CHANNELS = 200;

function openMemoryBytes(pid: number, seen: Set<string>): number {
  let bytes = 0;
  for (const descriptor of readNames(`/proc/${pid}/fd`)) {
    const at = `/proc/${pid}/fd/${descriptor}`;
    const target = linkOrEmpty(at);
    if (target.startsWith('/memfd:')) {
      bytes += blocksOf(at, seen);
    } else if (/^(?:socket|pipe):/.test(target) && !seen.has(target)) {
      seen.add(target);
      bytes += seen.size > FREE_CHANNELS ? channelBytes(target) : 0;
    }
  }
  return bytes;
}

function channelBytes(target: string): number {
  return target.startsWith('socket:') ? SOCKET_BYTES : PIPE_BYTES;
}

function blocksOf(file: string, seen: Set<string>): number {
  try {
    const { blocks, dev, ino } = statSync(file);
    const name = `${dev}:${ino}`;
    const bytes = seen.has(name) ? 0 : blocks * 512;
    seen.add(name);
    return bytes;
  } catch {
    return 0;
  }
}

function fileSystemBytes(pid: number, except: string | null): number {
  const places = (readOrNull(`/proc/${pid}/mountinfo`) ?? '').split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const place = before.split(' ')[4];
    return after.startsWith('tmpfs ') && place !== undefined && place !== except ? [place] : [];
  });
  return [...new Set(places)].reduce((sum, place) => sum + fileSystemBytesAt(pid, place), 0);
}

function linkOrEmpty(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
