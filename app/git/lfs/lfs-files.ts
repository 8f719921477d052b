import { existsSync } from 'node:fs';
import type { AttemptRef } from '../attempt/attempt.ts';
import type { AttemptRepositories } from '../attempt-repository.ts';
import type { LfsStore } from './lfs-store.ts';
import type { LfsPointer } from './list-pointers.ts';

/** The files of Git LFS that a session may read. */
export interface LfsFiles {
  /**
   * The file with the content that a pointer of the base commit names, whichever machine fetched it; null when no
   * pointer there names it, or it cannot be had. Rejects with `ServiceUnavailable` while the server does not answer.
   */
  find(at: AttemptRef, oid: string): Promise<string | null>;
}

export interface LfsNeed {
  readonly taskId: string;
  readonly repositoryId: number;
  readonly pointer: LfsPointer;
}

/** Commits whose pointers are remembered. */
const MAX_REMEMBERED = 20;

export function createLfsFiles(options: {
  repositories: Pick<AttemptRepositories, 'find'>;
  store: Pick<LfsStore, 'pointers' | 'path'>;
  fetch: (need: LfsNeed) => Promise<void>;
}): LfsFiles {
  const { repositories, store } = options;
  /** By commit, because a checkout asks once for each file. */
  const remembered = new Map<string, Promise<readonly LfsPointer[]>>();

  function pointersOf(at: { repositoryId: number; sha: string }): Promise<readonly LfsPointer[]> {
    const key = `${at.repositoryId}:${at.sha}`;
    const pointers = remembered.get(key) ?? store.pointers(at);
    remembered.delete(key);
    remembered.set(key, pointers);
    pointers.catch(() => remembered.delete(key));
    if (remembered.size > MAX_REMEMBERED) {
      remembered.delete(remembered.keys().next().value ?? key);
    }
    return pointers;
  }

  return {
    async find(at, oid) {
      const repository = await repositories.find(at);
      if (repository === null) {
        return null;
      }
      const { baseSha: sha, repositoryId } = repository;
      const pointer = (await pointersOf({ repositoryId, sha })).find((each) => each.oid === oid);
      if (pointer === undefined) {
        return null;
      }
      const file = store.path(repositoryId, oid);
      if (!existsSync(file)) {
        await options.fetch({ taskId: at.taskId, repositoryId, pointer });
      }
      return existsSync(file) ? file : null;
    },
  };
}
