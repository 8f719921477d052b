import { describeViolations, type BranchRule } from './branch-rules.ts';
import type { BranchObstacle, GitHub, GitHubProblem, GitHubResult } from './github.ts';
import type { Client } from './request/client.ts';
import { readPages } from './request/read-pages.ts';
import type { RepositoryRef } from '../task/task.ts';

/** Branches, and whether one can be created. */
export function createBranchCalls(client: Client): Pick<GitHub, 'fetchBranchSha' | 'findBranchObstacle'> {
  async function fetchBranchSha(repository: RepositoryRef, branch: string): Promise<GitHubResult<string>> {
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
  }

  /** Git keeps branches like files in folders, so `bosun` excludes `bosun/x` and the other way round. */
  async function findExcludingBranch(repository: RepositoryRef, branch: string): Promise<GitHubResult<string | null>> {
    const parts = branch.split('/');
    const parents = parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
    const [below, ...above] = await Promise.all([
      client.read(repository, (octokit, at) => octokit.rest.git.listMatchingRefs({ ...at, ref: `heads/${branch}/` })),
      ...parents.map((parent) => fetchBranchSha(repository, parent)),
    ]);
    const parent = parents.find((_, index) => above[index]?.ok === true);
    const problem = [below, ...above].find((answer) => !answer.ok && !isAbsence(answer.problem));
    if (parent !== undefined || problem === undefined) {
      const child = below.ok ? below.value.data[0]?.ref.slice('refs/heads/'.length) : undefined;
      return { ok: true, value: parent ?? child ?? null };
    }
    return problem as { readonly ok: false; readonly problem: GitHubProblem };
  }

  /** GitHub lists the rules of a branch whoever asks; only their ruleset says whether the App may bypass it. */
  async function findViolatedRule(repository: RepositoryRef, branch: string): Promise<GitHubResult<string | null>> {
    const rules = await readPages((page) =>
      client.read(repository, (octokit, at) => octokit.rest.repos.getBranchRules({ ...at, ...page, branch })),
    );
    if (!rules.ok) {
      // An older GitHub Enterprise Server, or a plan without rulesets.
      return rules.problem.kind === 'not_found' || rules.problem.kind === 'forbidden'
        ? { ok: true, value: null }
        : rules;
    }
    for (const { rulesetId, reason } of describeViolations(rules.value as readonly BranchRule[], branch)) {
      const ruleset = await client.read(repository, (octokit, at) =>
        octokit.rest.repos.getRepoRuleset({ ...at, ruleset_id: rulesetId }),
      );
      if (!ruleset.ok && ruleset.problem.kind !== 'not_found' && ruleset.problem.kind !== 'forbidden') {
        return ruleset;
      }
      const bypass: string | undefined = ruleset.ok ? ruleset.value.data.current_user_can_bypass : undefined;
      if (bypass !== 'always' && bypass !== 'exempt') {
        const name = ruleset.ok ? ruleset.value.data.name.replaceAll('`', '') : String(rulesetId);
        return { ok: true, value: `the ruleset \`${name}\` ${reason}` };
      }
    }
    return { ok: true, value: null };
  }

  return {
    fetchBranchSha,
    async findBranchObstacle(repository, branch) {
      const [excluding, violated] = await Promise.all([
        findExcludingBranch(repository, branch),
        findViolatedRule(repository, branch),
      ]);
      const problem = [excluding, violated].find((answer) => !answer.ok);
      if (excluding.ok && excluding.value !== null) {
        return { ok: true, value: { kind: 'branch', name: excluding.value } satisfies BranchObstacle };
      }
      if (violated.ok && violated.value !== null) {
        return { ok: true, value: { kind: 'rule', reason: violated.value } satisfies BranchObstacle };
      }
      return problem?.ok === false ? problem : { ok: true, value: null };
    },
  };
}

/** A repository without commits answers 409 instead of an empty list. */
function isAbsence({ kind }: GitHubProblem): boolean {
  return kind === 'not_found' || kind === 'conflict';
}
