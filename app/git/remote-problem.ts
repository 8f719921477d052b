import { takeStart } from '../../protocol/index.ts';
import type { RepositoryRef } from '../task/task.ts';
import type { GitProblem } from './run-git.ts';

/** Why a server could not be read from or written to. */
export interface RemoteProblem {
  readonly ok: false;
  /**
   * `moved`: the server redirects, because the repository was renamed or transferred. `unaddressable`: our own check
   * refuses the name, so the server was not asked. `local`: our side is at fault, such as a damaged mirror or a full disk.
   */
  readonly kind:
    | 'unavailable'
    | 'limited'
    | 'unauthorized'
    | 'forbidden'
    | 'not_found'
    | 'moved'
    | 'unaddressable'
    | 'aborted'
    | 'local';
  /** One line for people, redacted. */
  readonly note: string;
  readonly retryAt: Date | null;
}

const PATTERNS: readonly (readonly [RegExp, RemoteProblem['kind']])[] = [
  [/returned error: 429/i, 'limited'],
  [/returned error: 5\d\d/i, 'unavailable'],
  [/returned error: 401|Authentication failed|could not read (Username|Password)/i, 'unauthorized'],
  [/returned error: 403/i, 'forbidden'],
  [/returned error: (404|410)|repository '[^']*' not found|Repository not found/i, 'not_found'],
  [/returned error: 30\d|unable to update url base from redirection/i, 'moved'],
  [/Could not resolve host|Failed to connect|Couldn't connect|Connection (refused|reset|timed out)/i, 'unavailable'],
  [/couldn't find remote ref|No space left on device|Disk quota exceeded/i, 'unavailable'],
  [
    /Operation timed out|Empty reply from server|unexpected disconnect|early EOF|RPC failed|SSL|TLS|hung up/i,
    'unavailable',
  ],
];

/** Reads git's complaint. git translates nothing here: it runs with `LC_ALL=C`. */
export function parseRemoteProblem(problem: GitProblem): RemoteProblem {
  if (problem.kind === 'aborted') {
    return { ok: false, kind: 'aborted', note: 'git was stopped before it finished', retryAt: null };
  }
  if (problem.kind === 'timeout') {
    return { ok: false, kind: 'unavailable', note: 'GitHub took too long to answer git', retryAt: null };
  }
  const found = PATTERNS.find(([pattern]) => pattern.test(problem.stderr));
  return { ok: false, kind: found?.[1] ?? 'local', note: `git: ${lastLine(problem.stderr)}`, retryAt: null };
}

/** The problem of a repository whose name `remoteUrl` refuses: never the same as one that GitHub does not have. */
export function unaddressable(repository: RepositoryRef): RemoteProblem {
  const note = `Bosun cannot address the repository \`${repository.owner}/${repository.name}\` with git`;
  return { ok: false, kind: 'unaddressable', note, retryAt: null };
}

/** Whether the repository may be there under another name than the one that was asked for. */
export function isElsewhere(problem: Pick<RemoteProblem, 'kind'>): boolean {
  return problem.kind === 'moved' || problem.kind === 'not_found';
}

function lastLine(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim());
  const telling =
    lines.findLast((line) => /^(fatal|error|remote):/.test(line)) ?? lines.findLast((line) => line !== '');
  return takeStart(telling ?? 'no reason given', 300);
}
