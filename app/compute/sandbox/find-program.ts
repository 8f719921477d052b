import { accessSync, constants, realpathSync } from 'node:fs';
import path from 'node:path';

const SYSTEM_PATH = [
  '/usr/local/bin',
  '/usr/bin',
  '/bin',
  '/usr/local/sbin',
  '/usr/sbin',
  '/sbin',
  '/run/current-system/sw/bin',
];

/** Absolute path of a program of the system, or null. The operator's search path is not asked: it may lead anywhere. */
export function findProgram(name: string, before: readonly string[] = []): string | null {
  for (const directory of [...before, ...SYSTEM_PATH]) {
    const file = path.join(directory, name);
    try {
      accessSync(file, constants.X_OK);
      return realpathSync(file);
    } catch {
      // not there
    }
  }
  return null;
}
