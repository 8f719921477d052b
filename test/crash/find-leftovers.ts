import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

/** Sessions on disk and worker processes that are nobody's any more, below a directory that has one for each machine. */
export function findLeftovers(directory: string): string[] {
  const running = entries('/proc').filter((pid) => /^\d+$/.test(pid));
  return entries(directory).flatMap((machine) => [
    ...entries(path.join(directory, machine, 'sessions'))
      .filter((name) => !name.startsWith('.'))
      .map((name) => `session ${name} of ${machine} is left`),
    ...running
      .filter((pid) => belongsTo(pid, path.join(directory, machine)))
      .map((pid) => `process ${pid} of ${machine} still runs`),
  ]);
}

function belongsTo(pid: string, directory: string): boolean {
  try {
    const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return line.includes(`${directory}/`) || readlinkSync(`/proc/${pid}/cwd`).startsWith(`${directory}/`);
  } catch {
    // Gone while it was looked at.
    return false;
  }
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
