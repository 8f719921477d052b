import type { AttemptRepository } from '../git/attempt/attempt.ts';
import { readWorkHead } from '../git/attempt-repository.ts';
import { pushCommit, type PushRequest, type PushResult } from '../git/push-commit.ts';
import { rebuildCommits, type RebuildRequest } from './commits/rebuild-commits.ts';
import type { SearchFiles } from './inspect/complete-changes.ts';
import { inspectWork, type InspectedWork } from './inspect/inspect-work.ts';
import type { WorkRange } from './inspect/work-range.ts';
import { readApproved, readChanges } from './signing/read-commits.ts';

/** What publishing asks of git: to look at what a worker left, to make commits of our own, and to push one. */
export interface WorkGit {
  /** Commit the worker pushed last; null when there is none. */
  readHead(repository: AttemptRepository): Promise<string | null>;
  inspect(range: WorkRange, findSecrets: SearchFiles): Promise<InspectedWork>;
  /** The same request makes the same commits. */
  rebuild(request: RebuildRequest): Promise<{ headSha: string; commits: number }>;
  /** The commits from the base to an approved one, to be made again by GitHub. */
  readApproved: typeof readApproved;
  /** What one of them changes. */
  readChanges: typeof readChanges;
  /** Without force; pushing the same commit again changes nothing. */
  push(request: PushRequest): Promise<PushResult>;
}

/** git itself. */
export const realWorkGit: WorkGit = {
  readHead: readWorkHead,
  inspect: inspectWork,
  rebuild: rebuildCommits,
  readApproved,
  readChanges,
  push: pushCommit,
};
