import type { RepositoryRef } from '../task/task.ts';
import type { GitTransport } from './git-environment.ts';

/**
 * Address of a repository for git, without any credential; null when owner or name cannot be GitHub's. GitHub's names are
 * letters, digits, `.`, `-` and `_`, also in front: `.github` and `-x` are ordinary. Only `.` and `..` would lead elsewhere.
 */
export function remoteUrl(serverUrl: string, repository: RepositoryRef): string | null {
  const parts = [repository.owner, repository.name];
  if (!parts.every((part) => /^[A-Za-z0-9_.-]+$/.test(part) && part !== '.' && part !== '..')) {
    return null;
  }
  return `${serverUrl.replace(/\/+$/, '')}/${repository.owner}/${repository.name}.git`;
}

/** The one transport git may use for this server. */
export function transportOf(serverUrl: string): GitTransport {
  const { protocol } = new URL(serverUrl);
  if (protocol !== 'https:' && protocol !== 'http:' && protocol !== 'file:') {
    throw new Error(`git can reach https:, http: and file: addresses; ${protocol} is none of them`);
  }
  return protocol.slice(0, -1) as GitTransport;
}
