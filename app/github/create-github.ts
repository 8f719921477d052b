import { createActivityCalls } from './activity.ts';
import { createBranchCalls } from './branches.ts';
import { createCheckCalls } from './checks.ts';
import { createCommentCalls } from './comments.ts';
import { createCommitWriter, createRuleCalls } from './commits.ts';
import { createContentCalls } from './contents.ts';
import type { GitHub, GitHubActivity, GitHubProblem, GitHubResult } from './github.ts';
import { createPermissionCalls } from './permissions.ts';
import { createFailedCheckCalls } from './failed-checks.ts';
import { createPullDetailCalls } from './pull-details.ts';
import { createPullCalls } from './pulls.ts';
import { createReviewCalls } from './review-calls.ts';
import type { RepositoryRef } from '../task/task.ts';
import type { Client } from './request/client.ts';
import type { TokenNeed } from './request/tokens.ts';
import { createThreadCalls } from './threads.ts';

export interface CreateGitHubOptions {
  readonly client: Client;
  /** A token could not be revoked; it expires within the hour. */
  readonly onRevokeFailed?: (problem: GitHubProblem) => void;
}

/** All calls of one installation over one client. */
export function createGitHub({ client, onRevokeFailed }: CreateGitHubOptions): GitHub & GitHubActivity {
  const pulls = createPullCalls(client);
  return {
    ...createThreadCalls(client),
    ...createActivityCalls(client),
    ...createCommentCalls(client),
    ...pulls,
    ...createPullDetailCalls(client, { ...pulls, withPublishToken }),
    ...createReviewCalls(client, withPublishToken),
    ...createFailedCheckCalls(client),
    ...createCheckCalls(client),
    ...createContentCalls(client),
    ...createBranchCalls(client),
    ...createPermissionCalls(client),
    ...createRuleCalls(client),

    withRepositoryToken(repository, permissions, use) {
      const need = { repositoryId: repository.id, profile: permissions };
      // What is pushed is a write like any other.
      return permissions === 'publish' ? client.inTurn('high', () => lend(need, use)) : lend(need, use);
    },

    withCommitWriter: (repository, use) =>
      lend({ repositoryId: repository.id, profile: 'publish' }, (token) =>
        use(createCommitWriter(client, { repository, token })),
      ),
  };

  async function withPublishToken<T>(
    repository: RepositoryRef,
    use: (token: string) => Promise<GitHubResult<T>>,
  ): Promise<GitHubResult<T>> {
    const lent = await lend({ repositoryId: repository.id, profile: 'publish' }, use);
    return lent.ok ? lent.value : lent;
  }

  async function lend<T>(need: TokenNeed, use: (token: string) => Promise<T>): Promise<GitHubResult<T>> {
    const token = await client.tokens.mint(need);
    if (!token.ok) {
      return token;
    }
    try {
      return { ok: true, value: await use(token.value) };
    } finally {
      const revoked = await client.tokens.revoke(token.value);
      if (!revoked.ok) {
        onRevokeFailed?.(revoked.problem);
      }
    }
  }
}
