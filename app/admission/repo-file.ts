import { parseRepoConfig, type RepoConfigMistake } from '../config/repo-config.ts';
import type { RepoConfig } from '../config/repo/to-config.ts';
import type { GitHub, GitHubProblem } from '../github/github.ts';
import type { Clock } from '../task/clock.ts';
import { decodeText } from '../text/decode-text.ts';
import type { Incoming } from './incoming.ts';
import { RetryLater } from './retry-later.ts';

export const REPO_FILE_PATH = '.github/bosun.yml';
/** How long a repository's file is remembered; a change on the default branch counts after at most this. */
const REMEMBER_MS = 15_000;
const RETRY_MS = 30_000;
const MAX_REMEMBERED = 1_000;

export type RepoFile =
  /** `isMissing`: there is no file of that name, so these are the defaults. */
  | { readonly ok: true; readonly config: RepoConfig; readonly isMissing: boolean }
  | { readonly ok: false; readonly mistakes: readonly RepoConfigMistake[] };

type Repository = Incoming['repository'];

export interface RepoFiles {
  /** The repository's file on its default branch; defaults when there is none. Throws RetryLater while GitHub is unavailable. */
  read(repository: Repository, github: Pick<GitHub, 'fetchFile'>): Promise<RepoFile>;
  /**
   * Path of a file that was probably meant as the repository's file but has another name or place, such as
   * `.github/bosun.yaml`; null when there is none. Asked only where the file is missing. Throws RetryLater.
   */
  findMisplaced(repository: Repository, github: Pick<GitHub, 'fetchFolder'>): Promise<string | null>;
}

export function createRepoFiles(options: { clock: Clock }): RepoFiles {
  const files = new Memory<RepoFile>(options.clock);
  const searched = new Memory<null>(options.clock);
  return {
    async read(repository, github) {
      const known = files.recall(repository.id);
      if (known !== undefined) {
        return known;
      }
      const file = await fetchRepoFile(repository, github, options.clock);
      // A mistake is not remembered: whoever fixed it wants to try again at once.
      if (file.ok) {
        files.keep(repository.id, file);
      }
      return file;
    },
    async findMisplaced(repository, github) {
      if (searched.recall(repository.id) !== undefined) {
        return null;
      }
      const path = await search(repository, github, options.clock);
      if (path === null) {
        searched.keep(repository.id, null);
      }
      return path;
    },
  };
}

/** One value for each repository, for a short time. */
class Memory<T> {
  readonly #values = new Map<number, { until: number; value: T }>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  recall(id: number): T | undefined {
    const known = this.#values.get(id);
    return known !== undefined && known.until > this.#clock.now().getTime() ? known.value : undefined;
  }

  keep(id: number, value: T): void {
    if (this.#values.size >= MAX_REMEMBERED) {
      this.#values.clear();
    }
    this.#values.set(id, { until: this.#clock.now().getTime() + REMEMBER_MS, value });
  }
}

async function fetchRepoFile(
  repository: Repository,
  github: Pick<GitHub, 'fetchFile'>,
  clock: Clock,
): Promise<RepoFile> {
  const fetched = await github.fetchFile(repository, { path: REPO_FILE_PATH, ref: repository.defaultBranch });
  if (fetched.ok) {
    const decoded = decodeText(fetched.value);
    return decoded.ok ? parsed(decoded.text, { isMissing: false }) : refuse(decoded.why);
  }
  const { problem } = fetched;
  switch (problem.kind) {
    // 404 for the file, 409 for a repository without commits: nothing was asked for, so the defaults hold.
    case 'not_found':
    case 'conflict':
      return parsed('', { isMissing: true });
    // A folder, a submodule, a broken link or a huge file: waiting changes nothing.
    case 'invalid':
      return refuse(problem.message);
    default:
      throw retryLater(problem, clock);
  }
}

function parsed(source: string, { isMissing }: { isMissing: boolean }): RepoFile {
  const file = parseRepoConfig(source);
  return file.ok ? { ok: true, config: file.config, isMissing } : file;
}

function refuse(message: string): RepoFile {
  return { ok: false, mistakes: [{ line: 0, column: 0, key: '', message, allowed: null }] };
}

function retryLater(problem: GitHubProblem, clock: Clock): RetryLater {
  return new RetryLater(
    `the repository file: ${problem.message}`,
    problem.retryAt ?? new Date(clock.now().getTime() + RETRY_MS),
  );
}

const MEANT = /^[._]?bosun(?:[-_. ]?(?:config|settings))?\.(?:ya?ml|json5?|toml)(?:\.txt)?$/i;
/** Folders in which such a file is looked for besides the root, when the repository has them. */
const FOLDERS = /^(?:[._]?github|\.config|\.bosun|docs)$/i;

async function search(
  repository: Repository,
  github: Pick<GitHub, 'fetchFolder'>,
  clock: Clock,
): Promise<string | null> {
  const root = await listFolder(repository, { path: '', github, clock });
  // Nearest to the right place first.
  const folders = root.filter((name) => FOLDERS.test(name)).toSorted((a, b) => rankOf(a) - rankOf(b));
  for (const folder of folders) {
    const found = (await listFolder(repository, { path: folder, github, clock })).find((name) => MEANT.test(name));
    if (found !== undefined && `${folder}/${found}` !== REPO_FILE_PATH) {
      return `${folder}/${found}`;
    }
  }
  return root.find((name) => MEANT.test(name)) ?? null;
}

function rankOf(folder: string): number {
  return folder === '.github' ? 0 : 1;
}

async function listFolder(
  repository: Repository,
  at: { path: string; github: Pick<GitHub, 'fetchFolder'>; clock: Clock },
): Promise<string[]> {
  const listed = await at.github.fetchFolder(repository, { path: at.path, ref: repository.defaultBranch });
  if (listed.ok) {
    return listed.value;
  }
  if (listed.problem.kind === 'unavailable' || listed.problem.kind === 'limited') {
    throw retryLater(listed.problem, at.clock);
  }
  return [];
}
