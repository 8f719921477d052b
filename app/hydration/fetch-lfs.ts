import { formatBytes } from '../config/quantities.ts';
import { isInSparse } from '../config/sparse.ts';
import type { LfsStore } from '../git/lfs/lfs-store.ts';
import type { GitHub } from '../github/github.ts';
import type { RepositoryRef } from '../task/task.ts';
import { oneLine } from './fetch-submodules.ts';

export type FetchedLfs =
  | {
      readonly kind: 'ready';
      /** Whether there is anything for the worker to fetch. */
      readonly isUsed: boolean;
      readonly bytes: number;
      /** What cannot be had, one sentence each. */
      readonly missing: readonly string[];
    }
  | { readonly kind: 'github'; readonly note: string; readonly retryAt: Date | null };

const MAX_NAMED = 5;

/** Fetches what Git LFS stores of the checkout, so that what is missing is known before a worker starts. */
export async function fetchLfs(request: {
  readonly repository: RepositoryRef;
  readonly sha: string;
  readonly sparse: readonly string[];
  readonly maxBytes: number;
  readonly github: Pick<GitHub, 'withRepositoryToken'>;
  readonly store: LfsStore;
  readonly signal: AbortSignal;
}): Promise<FetchedLfs> {
  const { github, maxBytes, repository, sha, signal, store } = request;
  const listed = await store.pointers({ repositoryId: repository.id, sha });
  const pointers = listed.filter(({ path }) => isInSparse(path, request.sparse));
  const sizes = new Map(pointers.map(({ oid, size }) => [oid, size]));
  const bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0);
  if (bytes > maxBytes) {
    const sentence =
      `The files of Git LFS are missing: together they have ${formatBytes(bytes)}, and this server fetches at most ${formatBytes(maxBytes)} ` +
      'for one checkout. Choose directories with checkout.sparse in .github/bosun.yml, or let the operator raise BOSUN_LFS_SIZE.';
    return { kind: 'ready', isUsed: false, bytes: 0, missing: [sentence] };
  }
  if (pointers.length === 0) {
    return { kind: 'ready', isUsed: false, bytes: 0, missing: [] };
  }
  const fetched = await github.withRepositoryToken(repository, 'read', (token) =>
    store.fetch({ repository, token, pointers, signal }),
  );
  if (!fetched.ok) {
    return { kind: 'github', note: `GitHub: ${fetched.problem.message}`, retryAt: fetched.problem.retryAt };
  }
  if (!fetched.value.ok) {
    return { kind: 'github', note: `Git LFS: ${fetched.value.note}`, retryAt: null };
  }
  const { problems } = fetched.value;
  const lacking = pointers.filter(({ oid }) => problems.has(oid));
  const sentences = lacking
    .slice(0, MAX_NAMED)
    .map(({ oid, path }) => `The file ${oneLine(path)} is only its pointer: ${problems.get(oid) ?? ''}.`);
  const rest = lacking.length - sentences.length;
  const more = rest > 0 ? [`${rest} more files of Git LFS are only their pointers.`] : [];
  return { kind: 'ready', isUsed: lacking.length < pointers.length, bytes, missing: [...sentences, ...more] };
}
