import { takeStart } from '../../protocol/index.ts';
import type { RepositoryRef } from '../task/task.ts';
import { isBranchName, isSha } from './is-branch-name.ts';
import { tokenConfig } from './git-environment.ts';
import { parseRemoteProblem, type RemoteProblem } from './remote-problem.ts';
import { remoteUrl, transportOf } from './remote-url.ts';
import { runGit, type GitProblem } from './run-git.ts';

export interface PushRequest {
  /** Repository of ours that has the commit. */
  readonly gitDir: string;
  readonly serverUrl: string;
  readonly repository: RepositoryRef;
  readonly token: string;
  readonly sha: string;
  readonly branch: string;
}

export type PushResult =
  | { readonly kind: 'pushed' }
  /** The branch holds commits that the pushed one does not stand on. Nothing changed. */
  | { readonly kind: 'moved' }
  /** The name cannot be written: branch `by`, when the server names it, excludes it, as `a` excludes `a/b`. */
  | { readonly kind: 'blocked'; readonly by: string | null; readonly reason: string }
  /** The server's rules say no; `reason` is its text. */
  | { readonly kind: 'rejected'; readonly reason: string }
  | { readonly kind: 'problem'; readonly problem: RemoteProblem };

/**
 * Pushes one commit to one branch, never by force: git compares with what the server holds at that moment, and the
 * server takes the new value only in place of that one. A push of the same commit again changes nothing.
 */
export async function pushCommit(request: PushRequest): Promise<PushResult> {
  const url = remoteUrl(request.serverUrl, request.repository);
  if (url === null || !isBranchName(request.branch) || !isSha(request.sha)) {
    throw new Error(`expected a repository, a branch and a commit, found ${request.branch} at ${request.sha}`);
  }
  const flags = ['--porcelain', '--no-progress', '--no-verify', '--no-signed', '--no-follow-tags'];
  const result = await runGit({
    gitDir: request.gitDir,
    args: ['push', ...flags, '--recurse-submodules=no', '--', url, `${request.sha}:refs/heads/${request.branch}`],
    transports: [transportOf(request.serverUrl)],
    config: { ...tokenConfig(request.serverUrl, request.token), 'http.postBuffer': String(64 * 1024 * 1024) },
    secrets: [request.token],
    timeoutMs: 3 * 60_000,
  });
  return result.ok ? { kind: 'pushed' } : explain(result.problem);
}

/** The server's words when the branch changed between what git read and what it wanted to write. */
const OVERTAKEN = /reference already exists|is at [0-9a-f]+ but expected|incorrect old value|fetch first|stale info/;
/** Its words when it could not write the ref at all, which lasts when another branch has part of the name. */
const UNWRITABLE = /failed to update ref|cannot lock ref/;
const IN_THE_WAY = /'refs\/heads\/([^']+)' exists; cannot /;

function explain(problem: GitProblem): PushResult {
  const line = problem.stdout
    .toString('utf8')
    .split('\n')
    .find((text) => text.startsWith('!\t'));
  if (line === undefined) {
    return { kind: 'problem', problem: parseRemoteProblem(problem) };
  }
  const summary = line.split('\t')[2] ?? '';
  const reason = rejectionText(summary, problem.stderr);
  const blockedBy = IN_THE_WAY.exec(reason)?.[1] ?? null;
  if (blockedBy === null && (summary.startsWith('[rejected]') || OVERTAKEN.test(reason))) {
    return { kind: 'moved' };
  }
  const kind = blockedBy !== null || UNWRITABLE.test(summary) ? 'blocked' : 'rejected';
  return kind === 'blocked' ? { kind, by: blockedBy, reason } : { kind, reason };
}

/** What the server wrote about its rules, and git's own short form of it. */
function rejectionText(summary: string, stderr: string): string {
  const said = stderr
    .split('\n')
    .filter((line) => line.startsWith('remote:'))
    .map((line) => line.slice('remote:'.length).trim())
    .filter((line) => line !== '');
  return takeStart([...said, summary.trim()].join('\n'), 2_000);
}
