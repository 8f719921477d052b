import { setImmediate as breathe } from 'node:timers/promises';
import { runGit } from '../../git/run-git.ts';

const MAX_LISTING_BYTES = 256 * 1024 * 1024;
/** Other work on the event loop gets a chance after so many records. */
const RECORDS_AT_ONCE = 10_000;

/** Gives every record of a whole tree as `git ls-tree -r -z` prints it with these flags. */
export async function listTree(
  gitDir: string,
  request: { tree: string; flags: readonly string[] },
  onRecord: (record: string) => void,
): Promise<void> {
  const result = await runGit({
    gitDir,
    args: ['ls-tree', '-r', '-z', ...request.flags, request.tree],
    maxOutputBytes: MAX_LISTING_BYTES,
  });
  if (!result.ok) {
    throw new Error(`git ls-tree ended with ${result.problem.kind}: ${result.problem.stderr.trim()}`);
  }
  let at = 0;
  for (let count = 1; at < result.stdout.length; count += 1) {
    const end = result.stdout.indexOf(0, at);
    onRecord(result.stdout.toString('utf8', at, end === -1 ? undefined : end));
    at = end === -1 ? result.stdout.length : end + 1;
    if (count % RECORDS_AT_ONCE === 0) {
      await breathe();
    }
  }
}
