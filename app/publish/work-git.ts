import type { AttemptRepository } from '../git/attempt/attempt.ts';
import { readWorkHead } from '../git/attempt-repository.ts';
import { pushCommit, type PushRequest, type PushResult } from '../git/push-commit.ts';
import { rebuildCommits, type RebuildRequest } from './commits/rebuild-commits.ts';
import type { SearchFiles } from './inspect/complete-changes.ts';
import { inspectWork, readPatch, type InspectedWork } from './inspect/inspect-work.ts';
import type { WorkRange } from './inspect/work-range.ts';
import { readWeakened } from './weakened/read-weakened.ts';
import type { Weakening } from '../task/checks/verdict.ts';
import { readApproved, readChanges } from './signing/read-commits.ts';

/** What publishing asks of git: to look at what a worker left, to make commits of our own, and to push one. */
export interface WorkGit {
  /** Commit the worker pushed last; null when there is none. */
  readHead(repository: AttemptRepository): Promise<string | null>;
  inspect(range: WorkRange, findSecrets: SearchFiles): Promise<InspectedWork>;
  /** The change as a whole, and what it does to the checks that these commands run. */
  readChange(range: WorkRange, commands: readonly string[]): Promise<WholeChange>;
  /** The same request makes the same commits. */
  rebuild(request: RebuildRequest): Promise<{ headSha: string; commits: number }>;
  /** The commits from the base to an approved one, to be made again by GitHub. */
  readApproved: typeof readApproved;
  /** What one of them changes. */
  readChanges: typeof readChanges;
  /** Without force; pushing the same commit again changes nothing. */
  push(request: PushRequest): Promise<PushResult>;
}

export interface WholeChange {
  readonly weakened: readonly Weakening[];
  /** Untrusted text. */
  readonly patch: Buffer;
}

/** git itself. */
export const realWorkGit: WorkGit = {
  readHead: readWorkHead,
  inspect: inspectWork,
  readChange: async (range, commands) => ({
    weakened: await readWeakened(range, commands),
    patch: await readPatch(range),
  }),
  rebuild: rebuildCommits,
  readApproved,
  readChanges,
  push: pushCommit,
};
