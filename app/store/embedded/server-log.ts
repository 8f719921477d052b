import { copyFileSync, readFileSync, statSync, truncateSync } from 'node:fs';

const LONGEST_LOG_BYTES = 10_000_000;

/** The server writes to the end of one file; when it has grown long it is reserved as `.1` and begun again. */
export function keepLogShort(path: string): void {
  if (logSize(path) > LONGEST_LOG_BYTES) {
    copyFileSync(path, `${path}.1`);
    truncateSync(path);
  }
}

export function logSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

export function readLogFrom(path: string, offset: number): string {
  return logSize(path) === 0 ? '' : readFileSync(path).subarray(offset).toString('utf8');
}
