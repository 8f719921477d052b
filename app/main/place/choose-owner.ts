import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import path from 'node:path';

/**
 * Who this process is in leases. The same machine and data directory give the same name, so that a restarted process
 * takes its own tasks back at once instead of waiting for their leases to run out.
 */
export function chooseOwner(dataDir: string): string {
  const place = createHash('sha256').update(path.resolve(dataDir)).digest('hex').slice(0, 8);
  return `${hostname()}-${place}`;
}
