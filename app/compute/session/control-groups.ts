import { randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { readProcess } from './process-table.ts';

/** A group of the kernel for one session, which counts and limits everything of it, kernel memory included. */
export interface ControlGroup {
  /** The launcher puts itself into each before it becomes the sandbox. */
  readonly directories: readonly string[];
  /** All memory of the session, whatever it is used for. */
  readonly memoryBytes: () => number | null;
  readonly remove: () => Promise<void>;
}

export interface ControlGroups {
  readonly kind: 'v2' | 'v1';
  /** Null when the kernel does not make one after all. */
  readonly create: (limits: { memoryBytes: number; processes: number }) => ControlGroup | null;
}

/** What all sessions of this process may use together; the rest is for the server, its database and the system. */
export const SHARE_OF_MACHINE = 0.8;

/** The sandbox, its first process and the launcher come on top of what the worker may run. */
const OWN_PROCESSES = 16;
const NAME = /^bosun-(\d+)-(\d*)$/;
const REMOVE_TRIES = 50;
const REMOVE_PAUSE_MS = 20;

interface Hierarchy {
  readonly kind: 'v2' | 'v1';
  /** Our own place in it, by what it controls. */
  readonly memory: string;
  readonly processes: string | null;
}

/**
 * Control groups where this process may make them: version 2 where memory is delegated to it (a systemd unit with
 * `Delegate=yes`, a container), else version 1. Null where there are none, which is usual without root. Below our own place
 * lies one group for this process, which holds all sessions below its share of the machine, and in it one for each session.
 * Groups that a process left behind when it died are removed, once nothing runs in them.
 */
export function openControlGroups(machineBytes = memoryOfMachine()): ControlGroups | null {
  for (const hierarchy of [findVersion2(), findVersion1()]) {
    const parents = hierarchy === null ? null : makeParents(hierarchy, machineBytes);
    if (hierarchy !== null && parents !== null) {
      return {
        kind: hierarchy.kind,
        create: (limits) => createGroup(hierarchy.kind, { parents, name: `session-${randomUUID()}`, limits }),
      };
    }
  }
  return null;
}

/** What this process may use: its container's limit, or the machine. */
export function memoryOfMachine(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

interface Parents {
  readonly memory: string;
  readonly processes: string | null;
}

function makeParents(hierarchy: Hierarchy, machineBytes: number): Parents | null {
  const name = `bosun-${process.pid}-${readProcess(process.pid)?.startTicks ?? ''}`;
  const share = Math.floor(machineBytes * SHARE_OF_MACHINE);
  try {
    removeOrphans(hierarchy.memory);
    const memory = path.join(hierarchy.memory, name);
    mkdirSync(memory, { recursive: true });
    if (hierarchy.kind === 'v2') {
      writeFileSync(path.join(hierarchy.memory, 'cgroup.subtree_control'), '+memory +pids');
      writeFileSync(path.join(memory, 'cgroup.subtree_control'), '+memory +pids');
      writeFileSync(path.join(memory, 'memory.max'), String(share));
      return { memory, processes: memory };
    }
    writeFileSync(path.join(memory, 'memory.limit_in_bytes'), String(share));
    return { memory, processes: hierarchy.processes === null ? null : makeParent(hierarchy.processes, name) };
  } catch {
    // Not ours to change
    return null;
  }
}

function makeParent(place: string, name: string): string {
  removeOrphans(place);
  const parent = path.join(place, name);
  mkdirSync(parent, { recursive: true });
  return parent;
}

function createGroup(
  kind: 'v2' | 'v1',
  given: { parents: Parents; name: string; limits: { memoryBytes: number; processes: number } },
): ControlGroup | null {
  const { limits, name, parents } = given;
  const memory = path.join(parents.memory, name);
  const processes = parents.processes === null ? null : path.join(parents.processes, name);
  const directories = [...new Set([memory, ...(processes === null ? [] : [processes])])];
  try {
    directories.forEach((directory) => mkdirSync(directory));
    if (kind === 'v2') {
      writeFileSync(path.join(memory, 'memory.max'), String(limits.memoryBytes));
      writeIfThere(path.join(memory, 'memory.swap.max'), '0');
      writeIfThere(path.join(memory, 'memory.oom.group'), '1');
    } else {
      writeFileSync(path.join(memory, 'memory.limit_in_bytes'), String(limits.memoryBytes));
      writeIfThere(path.join(memory, 'memory.memsw.limit_in_bytes'), String(limits.memoryBytes));
    }
    if (processes !== null) {
      writeFileSync(path.join(processes, 'pids.max'), String(limits.processes + OWN_PROCESSES));
    }
  } catch {
    directories.forEach(removeIfEmpty);
    return null;
  }
  return {
    directories,
    memoryBytes: () => (kind === 'v2' ? usageOfVersion2(memory) : usageOfVersion1(memory)),
    remove: async () => {
      for (let tries = 0; tries < REMOVE_TRIES && !directories.every(removeIfEmpty); tries += 1) {
        // The kernel lets go of the last process a moment after its end
        await pause(REMOVE_PAUSE_MS);
      }
    },
  };
}

/** Without the pages of files on disk, which the kernel takes back when it needs them. */
function usageOfVersion2(group: string): number | null {
  const used = readNumber(path.join(group, 'memory.current'));
  return used === null ? null : used - statOf(group, 'file') + statOf(group, 'shmem');
}

function usageOfVersion1(group: string): number | null {
  const used = readNumber(path.join(group, 'memory.usage_in_bytes'));
  return used === null ? null : used - statOf(group, 'cache') + statOf(group, 'shmem');
}

function statOf(group: string, name: string): number {
  const match = new RegExp(`^${name} (\\d+)$`, 'm').exec(readText(path.join(group, 'memory.stat')) ?? '');
  return Number(match?.[1] ?? 0);
}

function findVersion2(): Hierarchy | null {
  const own = ownPlace('');
  const mount = mounts().find(({ type }) => type === 'cgroup2');
  if (own === null || mount === undefined) {
    return null;
  }
  const place = placeIn(mount, own);
  const controllers = (readText(path.join(place, 'cgroup.controllers')) ?? '').split(/\s+/);
  return ['memory', 'pids'].every((name) => controllers.includes(name))
    ? { kind: 'v2', memory: place, processes: place }
    : null;
}

function findVersion1(): Hierarchy | null {
  const [memory, processes] = ['memory', 'pids'].map((controller) => {
    const own = ownPlace(controller);
    const mount = mounts().find(({ options, type }) => type === 'cgroup' && options.includes(controller));
    return own === null || mount === undefined ? null : placeIn(mount, own);
  });
  return memory === null || memory === undefined ? null : { kind: 'v1', memory, processes: processes ?? null };
}

/** Where this process is in the hierarchy of a controller; of version 2 without a name. */
function ownPlace(controller: string): string | null {
  for (const line of (readText('/proc/self/cgroup') ?? '').split('\n')) {
    const [, controllers, ...place] = line.split(':');
    if (controllers !== undefined && controllers.split(',').includes(controller)) {
      return place.join(':');
    }
  }
  return null;
}

interface Mount {
  readonly root: string;
  readonly at: string;
  readonly type: string;
  readonly options: readonly string[];
}

function mounts(): Mount[] {
  return (readText('/proc/self/mountinfo') ?? '').split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root, at] = before.split(' ');
    const [type = '', , options = ''] = after.split(' ');
    return root === undefined || at === undefined ? [] : [{ root, at, type, options: options.split(',') }];
  });
}

/** In a container the mount begins at a place further down than the names of `/proc/self/cgroup` do. */
function placeIn(mount: Mount, own: string): string {
  const below = mount.root !== '/' && own.startsWith(mount.root) ? own.slice(mount.root.length) : own;
  return path.join(mount.at, below);
}

function removeOrphans(place: string): void {
  for (const name of readdirSync(place)) {
    const match = NAME.exec(name);
    const isAlive = match !== null && readProcess(Number(match[1]))?.startTicks === match[2];
    if (match !== null && !isAlive) {
      const orphan = path.join(place, name);
      readdirSync(orphan, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .forEach((entry) => removeIfEmpty(path.join(orphan, entry.name)));
      removeIfEmpty(orphan);
    }
  }
}

/** False while something is in it. */
function removeIfEmpty(directory: string): boolean {
  try {
    rmdirSync(directory);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT';
  }
}

function writeIfThere(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'r+' });
  } catch {
    // A kernel without it, such as one that does not count swap
  }
}

function readNumber(file: string): number | null {
  const text = readText(file);
  return text === null || !/^\d+\s*$/.test(text) ? null : Number(text);
}

function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
