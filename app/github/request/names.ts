import type { Clock } from '../../task/clock.ts';
import type { RepositoryRef } from '../../task/task.ts';

/** Owner and name as GitHub calls the repository now. */
export interface At {
  readonly owner: string;
  readonly repo: string;
}

/** What repositories are called now, by number: the names in rows are what GitHub said when the row was written. */
export interface Names {
  current(repository: RepositoryRef): At;
  /** Whether the name was confirmed a moment ago, so that a 404 or 403 is about the thing asked for. A 301 never is. */
  isFresh(repositoryId: number): boolean;
  /** Takes a full name from GitHub. */
  learn(repositoryId: number, fullName: string): At;
}

const FRESH_MS = 60_000;
const MAX_KEPT = 10_000;

export function createNames(clock: Clock): Names {
  const known = new Map<number, At & { checkedAtMs: number }>();
  return {
    current({ id, owner, name }) {
      const { owner: knownOwner, repo } = known.get(id) ?? { owner, repo: name };
      return { owner: knownOwner, repo };
    },
    isFresh(repositoryId) {
      const checkedAtMs = known.get(repositoryId)?.checkedAtMs ?? 0;
      return clock.now().getTime() - checkedAtMs < FRESH_MS;
    },
    learn(repositoryId, fullName) {
      const [owner = '', repo = ''] = fullName.split('/');
      known.delete(repositoryId);
      known.set(repositoryId, { owner, repo, checkedAtMs: clock.now().getTime() });
      const oldest = known.size > MAX_KEPT ? known.keys().next().value : undefined;
      if (oldest !== undefined) {
        known.delete(oldest);
      }
      return { owner, repo };
    },
  };
}
