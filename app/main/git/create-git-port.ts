import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { LFS_OBJECTS } from '../../../protocol/index.ts';
import type { GitPort, GitResponse } from '../../door/git/git-port.ts';
import type { AttemptRepositories } from '../../git/attempt-repository.ts';
import type { LfsFiles } from '../../git/lfs/lfs-files.ts';
import { plainAnswer } from '../../git/serve/git-http.ts';
import { serveRepository } from '../../git/serve/serve-repository.ts';
import { ServiceUnavailable } from '../../task/service-unavailable.ts';

const SHOWN = { prepare: 'base', work: 'all', check: 'check' } as const;

/**
 * A session's own repository, whichever machine made it; one whose attempt left none is answered as if it had never been.
 * While it cannot be reached the answer is 503, after which workers try again.
 */
export function createGitPort(repositories: AttemptRepositories, lfs: LfsFiles): GitPort {
  return {
    async handle(session, request) {
      const at = { taskId: session.task.id, epoch: session.attempt.epoch };
      try {
        if (request.path.startsWith(LFS_OBJECTS)) {
          return await serveObject(await lfs.find(at, request.path.slice(LFS_OBJECTS.length)));
        }
        const repository = await repositories.find(at);
        return repository === null
          ? plainAnswer(404, 'This attempt has no repository.')
          : await serveRepository(repository, request, {
              keep: () => repositories.keep(at),
              show: SHOWN[session.kind],
            });
      } catch (error) {
        if (error instanceof ServiceUnavailable) {
          const refused = { code: 'OUT_OF_REACH', reason: error.message };
          return { ...plainAnswer(503, 'The repository cannot be reached: try again in a moment.'), refused };
        }
        throw error;
      }
    },
  };
}

/** The content of a file that Git LFS stores. */
async function serveObject(file: string | null): Promise<GitResponse> {
  if (file === null) {
    return plainAnswer(404, 'No file of the base commit has this content, or Git LFS does not have it.');
  }
  const { size } = await stat(file);
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String(size) };
  return { status: 200, headers, body: createReadStream(file) };
}
