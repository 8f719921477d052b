import { readdirSync, readFileSync } from 'node:fs';

const CLOSE_ON_EXEC = 0o2000000;

/**
 * Descriptors from `first` on that a program started from here would get, because whoever started this process left them
 * open: all that Node opens itself closes then. Empty where the system does not say (no `/proc`).
 */
export function inheritedDescriptors(first: number): number[] {
  return readNames('/proc/self/fd')
    .map(Number)
    .filter((descriptor) => descriptor >= first && !closesOnExec(descriptor))
    .toSorted((one, other) => one - other);
}

function closesOnExec(descriptor: number): boolean {
  try {
    const flags = /^flags:\s+0?([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8'))?.[1];
    return flags === undefined || (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) !== 0;
  } catch {
    // It was the one that reads the directory
    return true;
  }
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
