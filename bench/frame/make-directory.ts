import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const TMPFS = 0x0102_1994;

/**
 * A directory for a database whose commits shall reach a disk, and its removal. Prefers `/var/tmp`, which by custom is
 * never in memory; throws a sentence when only memory is to be had, because every figure would be too good.
 */
export function makeDirectory(): { directory: string; remove(): void } {
  const parent = [process.env['BOSUN_BENCH_DIR'], '/var/tmp', tmpdir()].find(
    (candidate) => candidate !== undefined && existsSync(candidate) && statfsSync(candidate).type !== TMPFS,
  );
  if (parent === undefined) {
    throw new Error(
      'There is no directory on a disk to measure in. Set BOSUN_BENCH_DIR to one that every user may enter.',
    );
  }
  const directory = mkdtempSync(path.join(parent, 'bosun-bench-'));
  // The database server may run as another user and has to get in.
  chmodSync(directory, 0o711);
  return { directory, remove: () => rmSync(directory, { recursive: true, force: true }) };
}
