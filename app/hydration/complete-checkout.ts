import { sparseOf } from '../config/sparse.ts';
import type { AttemptSubmodule } from '../git/attempt/attempt.ts';
import type { Mirrors } from '../git/mirror.ts';
import type { GitHub } from '../github/github.ts';
import type { RepositoryRef, Task } from '../task/task.ts';
import { fetchLfs } from './fetch-lfs.ts';
import { fetchSubmodules } from './fetch-submodules.ts';

export type CompletedCheckout =
  | {
      readonly kind: 'ready';
      readonly submodules: readonly AttemptSubmodule[];
      readonly usesLfs: boolean;
      /** Bytes of the files that Git LFS stores. */
      readonly bytes: number;
      /** What could not be had, one sentence each. */
      readonly missing: readonly string[];
    }
  | { readonly kind: 'github'; readonly note: string; readonly retryAt: Date | null };

/** Fetches what the repository's file asks for beside the commit itself: submodules, and what Git LFS stores. */
export async function completeCheckout(
  { requestedBy, settings }: Pick<Task, 'settings' | 'requestedBy'>,
  given: {
    readonly repository: RepositoryRef;
    readonly sha: string;
    readonly context: {
      readonly github: Pick<GitHub, 'fetchRepositoryByName' | 'fetchRole' | 'withRepositoryToken'>;
      readonly mirror: Pick<Mirrors, 'listSubmodules' | 'ensureCommit' | 'lfs'>;
      readonly lfsBytes: number;
      readonly signal: AbortSignal;
    };
  },
): Promise<CompletedCheckout> {
  const { github, lfsBytes, mirror, signal } = given.context;
  const from = { repository: given.repository, sha: given.sha, sparse: sparseOf(settings), github, signal };
  const modules =
    settings.checkout?.submodules === true
      ? await fetchSubmodules({ ...from, requestedBy, mirror })
      : { kind: 'ready' as const, submodules: [], missing: [] };
  if (modules.kind === 'github') {
    return modules;
  }
  const lfs =
    settings.checkout?.lfs === true
      ? await fetchLfs({ ...from, store: mirror.lfs, maxBytes: lfsBytes })
      : { kind: 'ready' as const, isUsed: false, bytes: 0, missing: [] };
  if (lfs.kind === 'github') {
    return lfs;
  }
  return {
    kind: 'ready',
    submodules: modules.submodules,
    usesLfs: lfs.isUsed,
    bytes: lfs.bytes,
    missing: [...modules.missing, ...lfs.missing],
  };
}
