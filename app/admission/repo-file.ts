import { parseRepoConfig, type RepoConfig, type RepoConfigMistake } from '../config/repo-config.ts';
import type { GitHub } from '../github/github.ts';
import type { Clock } from '../task/clock.ts';
import type { Incoming } from './incoming.ts';
import { RetryLater } from './retry-later.ts';

export const REPO_FILE_PATH = '.github/bosun.yml';
/** How long a repository's file is remembered; a change on the default branch counts after at most this. */
const REMEMBER_MS = 15_000;
const RETRY_MS = 30_000;
const MAX_REMEMBERED = 1_000;

export type RepoFile =
  | { readonly ok: true; readonly config: RepoConfig }
  | { readonly ok: false; readonly mistakes: readonly RepoConfigMistake[] };

export interface RepoFiles {
  /** The repository's file on its default branch; defaults when there is none. Throws RetryLater while GitHub is away. */
  read(repository: Incoming['repository'], github: Pick<GitHub, 'fetchFile'>): Promise<RepoFile>;
}

export function createRepoFiles(options: { clock: Clock }): RepoFiles {
  const remembered = new Map<number, { until: number; file: RepoFile }>();
  return {
    async read(repository, github) {
      const now = options.clock.now().getTime();
      const known = remembered.get(repository.id);
      if (known !== undefined && known.until > now) {
        return known.file;
      }
      const file = await fetchRepoFile(repository, github, options.clock);
      if (remembered.size >= MAX_REMEMBERED) {
        remembered.clear();
      }
      // A mistake is not remembered: whoever mends it wants to try again at once.
      if (file.ok) {
        remembered.set(repository.id, { until: now + REMEMBER_MS, file });
      }
      return file;
    },
  };
}

async function fetchRepoFile(
  repository: Incoming['repository'],
  github: Pick<GitHub, 'fetchFile'>,
  clock: Clock,
): Promise<RepoFile> {
  const fetched = await github.fetchFile(repository, { path: REPO_FILE_PATH, ref: repository.defaultBranch });
  if (fetched.ok) {
    return parseRepoConfig(Buffer.from(fetched.value).toString());
  }
  const { problem } = fetched;
  // 404 for the file, 409 for a repository without commits: nothing was asked for, so the defaults hold.
  if (problem.kind === 'not_found' || problem.kind === 'conflict') {
    return parseRepoConfig('');
  }
  throw new RetryLater(
    `the repository file: ${problem.message}`,
    problem.retryAt ?? new Date(clock.now().getTime() + RETRY_MS),
  );
}
