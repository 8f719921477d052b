import type { GitHub, GitHubResult, PullFacts } from '../../../../app/github/github.ts';
import { found, problem } from './answers.ts';
import { APP_ID, type GitHubState, type SimPull } from './github-state.ts';

type PullCalls = Pick<
  GitHub,
  | 'fetchBranchSha'
  | 'findBranchObstacle'
  | 'findPullByHead'
  | 'fetchPull'
  | 'fetchReviewFacts'
  | 'createPull'
  | 'updatePull'
>;

/** Branches and pull requests, as GitHub answers. */
export function createPullCalls(state: GitHubState): PullCalls {
  function shaOfBranch(repositoryId: number, branch: string): string | null {
    return state.repositories.get(repositoryId)?.refs.get(branch) ?? null;
  }
  function pullsOf(repositoryId: number, head: string): SimPull[] {
    return state.pulls.filter((pull) => pull.repositoryId === repositoryId && pull.head === head);
  }
  function factsOf(pull: SimPull): PullFacts {
    return {
      number: pull.number,
      url: `https://github.example/pull/${pull.repositoryId}/${pull.number}`,
      draft: true,
      state: pull.state,
      headSha: shaOfBranch(pull.repositoryId, pull.head) ?? pull.headSha,
      headRef: pull.head,
      body: pull.body,
      authorAppId: pull.appId,
    };
  }
  function numbered(repositoryId: number, number: number): SimPull | undefined {
    return state.pulls.find((pull) => pull.repositoryId === repositoryId && pull.number === number);
  }
  function answer(pull: SimPull | undefined): GitHubResult<PullFacts> {
    return pull === undefined ? problem('not_found', 'no such pull request') : found(factsOf(pull));
  }
  return {
    fetchBranchSha: async (repository, branch) => {
      const sha = shaOfBranch(repository.id, branch);
      return sha === null ? problem('not_found', 'no such branch') : found(sha);
    },
    findBranchObstacle: async () => found(null),
    findPullByHead: async (repository, head) => {
      const pulls = pullsOf(repository.id, head);
      const pull = pulls.find((one) => one.state === 'open') ?? pulls.at(-1);
      return found(pull === undefined ? null : factsOf(pull));
    },
    fetchReviewFacts: async () => found([]),
    fetchPull: async (repository, number) => answer(numbered(repository.id, number)),
    createPull: async (repository, { head, base, body }) => {
      const headSha = shaOfBranch(repository.id, head);
      if (headSha === null) {
        return problem('invalid', `Validation Failed: head ${head} does not exist`);
      }
      if (pullsOf(repository.id, head).some((pull) => pull.state === 'open')) {
        return problem('invalid', `A pull request already exists for ${head}.`);
      }
      const number = state.nextNumber(repository.id);
      const at = state.time.now();
      const pull: SimPull = {
        repositoryId: repository.id,
        number,
        head,
        base,
        body,
        headSha,
        state: 'open',
        appId: APP_ID,
        createdAt: at,
      };
      state.pulls.push(pull);
      return found(factsOf(pull));
    },
    updatePull: async (repository, { number, body }) => {
      const pull = numbered(repository.id, number);
      if (pull !== undefined) {
        pull.body = body;
      }
      return answer(pull);
    },
  };
}
