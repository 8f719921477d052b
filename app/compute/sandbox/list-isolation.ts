import { arch, getuid } from 'node:process';
import { openControlGroups } from '../session/control-groups.ts';
import { buildSeccompFilter } from './seccomp-filter.ts';

/** One thing that keeps a worker in, and how this machine gives it. */
export interface IsolationMeasure {
  readonly wall: 'memory' | 'processes' | 'system calls' | 'user';
  readonly how: string;
  /** Whether nothing better is to be had anywhere. */
  readonly isFull: boolean;
}

/** What of the sandbox depends on the machine; the rest is the same wherever a sandbox can be made at all. */
export function listIsolation(): IsolationMeasure[] {
  const groups = openControlGroups();
  const isRoot = getuid?.() === 0;
  const hasFilter = buildSeccompFilter(arch) !== null;
  return [
    groups === null
      ? { wall: 'memory', how: 'watched twice a second, without control groups', isFull: false }
      : { wall: 'memory', how: `limited by the kernel (control groups ${groups.kind})`, isFull: true },
    groups === null
      ? { wall: 'processes', how: 'limited for each user, and watched', isFull: isRoot }
      : { wall: 'processes', how: `limited by the kernel (control groups ${groups.kind})`, isFull: true },
    hasFilter
      ? { wall: 'system calls', how: `filtered (${arch})`, isFull: true }
      : { wall: 'system calls', how: `not filtered: there is no table for ${arch}`, isFull: false },
    isRoot
      ? { wall: 'user', how: 'one of its own for each session', isFull: true }
      : { wall: 'user', how: 'a user namespace, of which none can be nested', isFull: false },
  ];
}

export function renderIsolation(walls: readonly IsolationMeasure[]): string {
  return walls.map(({ how, wall }) => `${wall}: ${how}`).join('; ');
}
