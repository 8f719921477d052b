import { tokenConfig } from './git-environment.ts';
import { isSha } from './is-branch-name.ts';
import { parseRemoteProblem, type RemoteProblem } from './remote-problem.ts';
import { transportOf } from './remote-url.ts';
import { runGit, type GitRun, type GitRunResult } from './run-git.ts';

/** A mirror and the server that it is a copy of. */
export interface RemoteWork {
  readonly request: { readonly token: string | null; readonly signal?: AbortSignal };
  readonly place: { readonly serverUrl: string; readonly gitDir: string; readonly fetchTimeoutMs?: number };
}

/** Fetches refs into a mirror. */
export function fetchRefs(url: string, refspecs: readonly string[], work: RemoteWork): Promise<GitRunResult> {
  const { place } = work;
  const flags = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules', '--no-auto-maintenance'];
  const remote = remoteRun(work);
  return runGit({
    ...remote,
    gitDir: place.gitDir,
    args: ['fetch', ...flags, '--', url, ...refspecs],
    config: { ...remote.config, 'fetch.unpackLimit': '1' },
    timeoutMs: place.fetchTimeoutMs ?? 10 * 60_000,
  });
}

/** Asks the server where branches are; those that do not exist are missing from the answer. */
export async function listRemote(
  url: string,
  branches: readonly string[],
  work: RemoteWork,
): Promise<{ readonly ok: true; readonly shas: ReadonlyMap<string, string> } | RemoteProblem> {
  const refs = branches.map((branch) => `refs/heads/${branch}`);
  const result = await runGit({
    ...remoteRun(work),
    args: ['ls-remote', '--refs', '--', url, ...refs],
    timeoutMs: 60_000,
  });
  if (!result.ok) {
    return parseRemoteProblem(result.problem);
  }
  const shas = new Map<string, string>();
  for (const line of result.stdout.toString('utf8').split('\n')) {
    const [sha, ref] = line.split('\t');
    if (sha !== undefined && ref !== undefined && isSha(sha) && refs.includes(ref)) {
      shas.set(ref.slice('refs/heads/'.length), sha);
    }
  }
  return { ok: true, shas };
}

function remoteRun({ place, request }: RemoteWork): Pick<GitRun, 'transports' | 'config' | 'secrets' | 'signal'> {
  return {
    transports: [transportOf(place.serverUrl)],
    config: request.token === null ? {} : tokenConfig(place.serverUrl, request.token),
    secrets: request.token === null ? [] : [request.token],
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  };
}
