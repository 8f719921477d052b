import type { GitHub, GitHubProblem } from './github.ts';
import type { Client } from './request/client.ts';

const MAX_FILE_BYTES = 1024 * 1024;

/** Files and branches. */
export function createContentCalls(client: Client): Pick<GitHub, 'fetchFile' | 'fetchBranchSha'> {
  return {
    async fetchFile(repository, { path, ref }) {
      const answer = await client.read(repository, (octokit, at) =>
        octokit.rest.repos.getContent({ ...at, path, ref }),
      );
      if (!answer.ok) {
        return answer;
      }
      const file = answer.value.data;
      if (Array.isArray(file) || file.type !== 'file') {
        return { ok: false, problem: invalid(`\`${path}\` is not a file`) };
      }
      if (file.size > MAX_FILE_BYTES || file.encoding !== 'base64') {
        return { ok: false, problem: invalid(`\`${path}\` is larger than 1 MiB`) };
      }
      return { ok: true, value: new Uint8Array(Buffer.from(file.content, 'base64')) };
    },

    async fetchBranchSha(repository, branch) {
      const answer = await client.read(repository, (octokit, at) =>
        octokit.rest.git.getRef({ ...at, ref: `heads/${branch}` }),
      );
      if (answer.ok) {
        return { ok: true, value: answer.value.data.object.sha };
      }
      // A repository without commits answers 409 "Git Repository is empty."
      return answer.problem.kind === 'conflict'
        ? { ok: false, problem: { ...answer.problem, kind: 'not_found' } }
        : answer;
    },
  };
}

function invalid(message: string): GitHubProblem {
  return { kind: 'invalid', status: null, message, retryAt: null };
}
