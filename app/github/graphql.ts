import type { Octokit } from '@octokit/rest';
import { z } from 'zod';
import type { GitHubProblem, GitHubResult } from './github.ts';
import type { Answer, Call } from './request/connection.ts';
import { oneLine } from './request/problem.ts';

/** For what GitHub's REST API does not have. A test holds the documents to the published schema. */
export const MINIMIZE_COMMENT = `mutation MinimizeComment($input: MinimizeCommentInput!) {
  minimizeComment(input: $input) { minimizedComment { isMinimized } }
}`;

/** What the protection of a branch asks of whoever pushes; REST shows it to administrators alone. */
export const BRANCH_PROTECTION = `query BranchProtection($owner: String!, $name: String!, $ref: String!) {
  repository(owner: $owner, name: $name) { ref(qualifiedName: $ref) { refUpdateRule { requiresSignatures } } }
}`;

/** Conversations on lines of a pull request. */
export const REVIEW_THREADS = `query ReviewThreads($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      reviewThreads(first: 50, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes {
          id isResolved isOutdated path line originalLine
          comments(first: 100) {
            nodes {
              databaseId body createdAt lastEditedAt url viewerDidAuthor
              author { __typename login ... on User { databaseId } ... on Bot { databaseId } }
            }
          }
        }
      }
    }
  }
}`;

export const ADD_REPLY = `mutation AddReply($input: AddPullRequestReviewThreadReplyInput!) {
  addPullRequestReviewThreadReply(input: $input) { comment { databaseId } }
}`;

export const RESOLVE_THREAD = `mutation ResolveThread($input: ResolveReviewThreadInput!) {
  resolveReviewThread(input: $input) { thread { isResolved } }
}`;

export const ENABLE_AUTO_MERGE = `mutation EnableAutoMerge($input: EnablePullRequestAutoMergeInput!) {
  enablePullRequestAutoMerge(input: $input) { pullRequest { number } }
}`;

/** One GraphQL request. GitHub answers 200 also where it did not do what was asked: see `readGraphql`. */
export function postGraphql(
  octokit: Octokit,
  query: string,
  variables: Readonly<Record<string, unknown>>,
): ReturnType<Call<unknown>> {
  const { baseUrl } = octokit.request.endpoint.DEFAULTS;
  // An Enterprise Server has REST at `/api/v3` and GraphQL at `/api/graphql`.
  return octokit.request({ method: 'POST', url: `${baseUrl.replace(/\/v3$/, '')}/graphql`, query, variables });
}

const Body = z.object({
  errors: z.array(z.object({ type: z.string().optional(), message: z.string() })).optional(),
});

const KINDS: Readonly<Record<string, GitHubProblem['kind']>> = {
  NOT_FOUND: 'not_found',
  FORBIDDEN: 'forbidden',
  RATE_LIMITED: 'limited',
  SERVICE_UNAVAILABLE: 'unavailable',
};

/** The problem in an answer with errors. */
export function readGraphql(answer: GitHubResult<Answer<unknown>>): GitHubResult<void> {
  if (!answer.ok) {
    return answer;
  }
  const [error] = Body.safeParse(answer.value.data).data?.errors ?? [];
  if (error === undefined) {
    return { ok: true, value: undefined };
  }
  const kind = KINDS[error.type ?? ''] ?? 'invalid';
  return { ok: false, problem: { kind, status: 200, message: oneLine(error.message), retryAt: null } };
}
