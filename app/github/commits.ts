import type { RepositoryRef } from '../task/task.ts';
import { BRANCH_PROTECTION, postGraphql } from './graphql.ts';
import type { CommitWriter, GitHub, GitHubProblem, NewTreeEntry } from './github.ts';
import type { Client } from './request/client.ts';

interface ProtectionAnswer {
  readonly data?: {
    readonly repository?: {
      readonly ref?: { readonly refUpdateRule?: { readonly requiresSignatures?: boolean } | null } | null;
    } | null;
  };
}

/** Rules of branches. */
export function createRuleCalls(client: Client): Pick<GitHub, 'requiresSignatures'> {
  return {
    async requiresSignatures(repository, branch) {
      const [rules, protection] = await Promise.all([
        client.read(repository, (octokit, at) => octokit.rest.repos.getBranchRules({ ...at, branch, per_page: 100 })),
        client.read(repository, (octokit, { owner, repo }) =>
          postGraphql(octokit, BRANCH_PROTECTION, { owner, name: repo, ref: `refs/heads/${branch}` }),
        ),
      ]);
      const problem = [rules, protection].find((answer) => !answer.ok && !isUnknown(answer.problem));
      if (problem !== undefined && !problem.ok) {
        return problem;
      }
      const isRuled = rules.ok && rules.value.data.some(({ type }) => type === 'required_signatures');
      const { data } = (protection.ok ? protection.value.data : {}) as ProtectionAnswer;
      return { ok: true, value: isRuled || data?.repository?.ref?.refUpdateRule?.requiresSignatures === true };
    },
  };
}

/** Older servers have no rulesets, and a token may not see protection: then a refused push is what tells. */
function isUnknown({ kind }: GitHubProblem): boolean {
  return kind === 'not_found' || kind === 'forbidden' || kind === 'invalid';
}

/** Writes with one token that nobody else has. */
export function createCommitWriter(
  client: Client,
  { repository, token }: { repository: RepositoryRef; token: string },
): CommitWriter {
  const how = { profile: 'publish', priority: 'high', token } as const;
  return {
    async createBlob(content) {
      const answer = await client.write(
        repository,
        (octokit, at) =>
          octokit.rest.git.createBlob({ ...at, content: Buffer.from(content).toString('base64'), encoding: 'base64' }),
        how,
      );
      return answer.ok ? { ok: true, value: answer.value.data.sha } : answer;
    },

    async createTree({ base, entries }) {
      const tree = entries.map(entryOf);
      const answer = await client.write(
        repository,
        (octokit, at) => octokit.rest.git.createTree({ ...at, base_tree: base, tree }),
        how,
      );
      return answer.ok ? { ok: true, value: answer.value.data.sha } : answer;
    },

    async createCommit({ message, parent, tree }) {
      const answer = await client.write(
        repository,
        (octokit, at) => octokit.rest.git.createCommit({ ...at, message, tree, parents: [parent] }),
        how,
      );
      if (!answer.ok) {
        return answer;
      }
      const { parents, sha, tree: made, verification } = answer.value.data;
      return {
        ok: true,
        value: {
          sha,
          tree: made.sha,
          parents: parents.map((each) => each.sha),
          isVerified: verification.verified,
          reason: verification.reason,
        },
      };
    },

    async setBranch({ branch, exists, sha }) {
      const answer = exists
        ? await client.write(
            repository,
            (octokit, at) => octokit.rest.git.updateRef({ ...at, ref: `heads/${branch}`, sha, force: false }),
            how,
          )
        : await client.write(
            repository,
            (octokit, at) => octokit.rest.git.createRef({ ...at, ref: `refs/heads/${branch}`, sha }),
            how,
          );
      return answer.ok ? { ok: true, value: undefined } : answer;
    },
  };
}

function entryOf({ mode, path, to }: NewTreeEntry) {
  const type = mode === '160000' ? ('commit' as const) : ('blob' as const);
  return { path, mode, type, ...('text' in to ? { content: to.text } : { sha: to.sha }) };
}
