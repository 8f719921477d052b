import { join } from 'node:path';
import type { RepositoryRef } from '../../task/task.ts';
import { unaddressable } from '../remote-problem.ts';
import { remoteUrl } from '../remote-url.ts';
import { fetchObjects, objectPath, type LfsFetched, type LfsRequest } from './fetch-objects.ts';
import { listPointers, type LfsPointer } from './list-pointers.ts';

/**
 * What Git LFS stores of repositories. It is kept in the directory of each mirror, so that it is measured and removed with
 * it, and so that no repository can name the content of another.
 */
export interface LfsStore {
  /** The files of a commit whose content is stored. */
  pointers(at: { repositoryId: number; sha: string }): Promise<readonly LfsPointer[]>;
  fetch(request: { repository: RepositoryRef } & Omit<LfsRequest, 'url'>): Promise<LfsFetched>;
  /** Where the content of a pointer is, once it was fetched. */
  path(repositoryId: number, oid: string): string;
}

const DIRECTORY = 'lfs';

export function createLfsStore(options: { gitDir: (repositoryId: number) => string; serverUrl: string }): LfsStore {
  const directory = (repositoryId: number): string => join(options.gitDir(repositoryId), DIRECTORY);
  return {
    pointers: ({ repositoryId, sha }) => listPointers(options.gitDir(repositoryId), sha),
    async fetch({ repository, ...request }) {
      const url = remoteUrl(options.serverUrl, repository);
      return url === null
        ? { ok: false, note: unaddressable(repository).note }
        : fetchObjects(directory(repository.id), { ...request, url });
    },
    path: (repositoryId, oid) => objectPath(directory(repositoryId), oid),
  };
}
