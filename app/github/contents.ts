import type { GitHub, GitHubProblem } from './github.ts';
import type { Client } from './request/client.ts';

const MAX_FILE_BYTES = 1024 * 1024;

/** What stands where a file was expected, to continue from its name. */
const OTHER_TYPES = {
  symlink: 'is a symbolic link that leads to no file of this repository',
  submodule: 'is a submodule, not a file',
} as const;

/** Files and folders. */
export function createContentCalls(client: Client): Pick<GitHub, 'fetchFile' | 'fetchFolder'> {
  return {
    async fetchFile(repository, { path, ref }) {
      const answer = await client.read(repository, (octokit, at) =>
        octokit.rest.repos.getContent({ ...at, path, ref }),
      );
      if (!answer.ok) {
        // From 100 MB on GitHub answers 403, as if it were about permissions.
        const isTooLarge = answer.problem.status === 403 && /too[ _]large/i.test(answer.problem.message);
        return isTooLarge ? { ok: false, problem: invalid('is larger than 1 MiB') } : answer;
      }
      const file = answer.value.data;
      if (Array.isArray(file)) {
        return { ok: false, problem: invalid('is a folder, not a file') };
      }
      if (file.type !== 'file') {
        return { ok: false, problem: invalid(OTHER_TYPES[file.type]) };
      }
      if (file.size > MAX_FILE_BYTES || file.encoding !== 'base64') {
        return { ok: false, problem: invalid('is larger than 1 MiB') };
      }
      return { ok: true, value: new Uint8Array(Buffer.from(file.content, 'base64')) };
    },

    async fetchFolder(repository, { path, ref }) {
      const answer = await client.read(repository, (octokit, at) =>
        octokit.rest.repos.getContent({ ...at, path, ref }),
      );
      if (!answer.ok) {
        return answer;
      }
      const entries = answer.value.data;
      return Array.isArray(entries)
        ? { ok: true, value: entries.map(({ name }) => name) }
        : { ok: false, problem: { ...invalid('is not a folder'), kind: 'not_found' } };
    },
  };
}

function invalid(message: string): GitHubProblem {
  return { kind: 'invalid', status: null, message, retryAt: null };
}
