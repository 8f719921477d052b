import { storableText } from '../../protocol/index.ts';
import type { RepositoryRef } from '../task/task.ts';
import { z } from 'zod';
import type { GitHub, GitHubResult, ReviewThreadFacts } from './github.ts';
import { ADD_REPLY, postGraphql, readGraphql, RESOLVE_THREAD, REVIEW_THREADS } from './graphql.ts';
import type { Client } from './request/client.ts';

const GHOST = { id: 0, login: 'ghost', isBot: false };

/** GraphQL names a bot without the suffix that REST has. */
const Author = z
  .object({ __typename: z.string(), login: z.string(), databaseId: z.number().nullish() })
  .nullable()
  .transform((author) =>
    author === null ? GHOST : { id: author.databaseId ?? 0, login: author.login, isBot: author.__typename === 'Bot' },
  );

const Thread = z.object({
  id: z.string(),
  isResolved: z.boolean(),
  isOutdated: z.boolean(),
  path: z.string(),
  line: z.number().nullable(),
  originalLine: z.number().nullable(),
  comments: z.object({
    nodes: z.array(
      z.object({
        databaseId: z.number(),
        body: z.string().transform(storableText),
        createdAt: z.coerce.date(),
        lastEditedAt: z.coerce.date().nullable(),
        url: z.string(),
        viewerDidAuthor: z.boolean(),
        author: Author,
      }),
    ),
  }),
});

const Threads = z.object({
  data: z.object({
    repository: z.object({
      pullRequest: z.object({
        reviewThreads: z.object({
          pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
          nodes: z.array(Thread),
        }),
      }),
    }),
  }),
});

/** Runs something with a token that may change contents, which is minted for it and revoked afterwards. */
export type WithPublishToken = <T>(
  repository: RepositoryRef,
  use: (token: string) => Promise<GitHubResult<T>>,
) => Promise<GitHubResult<T>>;

/** More pages of 50 than anybody answers. */
const MAX_PAGES = 20;

/** Reviews of pull requests and the conversations in them. */
export function createReviewCalls(
  client: Client,
  withPublishToken: WithPublishToken,
): Pick<GitHub, 'fetchReviewThreads' | 'replyToThread' | 'resolveThread' | 'createReview'> {
  async function fetchPage(
    repository: RepositoryRef,
    at: { number: number; after: string | null },
  ): Promise<GitHubResult<z.output<typeof Threads>['data']['repository']['pullRequest']['reviewThreads']>> {
    const answer = await client.read(repository, (octokit, { owner, repo }) =>
      postGraphql(octokit, REVIEW_THREADS, { owner, name: repo, ...at }),
    );
    const read = readGraphql(answer);
    if (!answer.ok || !read.ok) {
      return answer.ok ? (read as Extract<typeof read, { ok: false }>) : answer;
    }
    const page = Threads.safeParse(answer.value.data);
    return page.success
      ? { ok: true, value: page.data.data.repository.pullRequest.reviewThreads }
      : {
          ok: false,
          problem: {
            kind: 'unavailable',
            status: 200,
            message: 'GitHub sent threads that cannot be read',
            retryAt: null,
          },
        };
  }

  return {
    async fetchReviewThreads(repository, number) {
      const threads: ReviewThreadFacts[] = [];
      let after: string | null = null;
      for (let page = 0; page < MAX_PAGES; page += 1) {
        const read = await fetchPage(repository, { number, after });
        if (!read.ok) {
          return read;
        }
        threads.push(...read.value.nodes.map(readThread));
        after = read.value.pageInfo.endCursor;
        if (!read.value.pageInfo.hasNextPage) {
          break;
        }
      }
      return { ok: true, value: threads };
    },

    async replyToThread(repository, { body, threadId }) {
      const input = { pullRequestReviewThreadId: threadId, body };
      const answer = await client.write(repository, (octokit) => postGraphql(octokit, ADD_REPLY, { input }), {
        profile: 'talk',
        priority: 'normal',
      });
      return readGraphql(answer);
    },

    resolveThread: (repository, { threadId }) =>
      withPublishToken(repository, async (token) => {
        const input = { threadId };
        const answer = await client.write(repository, (octokit) => postGraphql(octokit, RESOLVE_THREAD, { input }), {
          profile: 'publish',
          priority: 'normal',
          token,
        });
        return readGraphql(answer);
      }),

    async createReview(repository, { body, comments, commitSha, number }) {
      const answer = await client.write(
        repository,
        (octokit, at) =>
          octokit.rest.pulls.createReview({
            ...at,
            pull_number: number,
            commit_id: commitSha,
            event: 'COMMENT',
            body,
            comments: comments.map((comment) => ({ ...comment, side: 'RIGHT' })),
          }),
        { profile: 'talk', priority: 'high' },
      );
      return answer.ok ? { ok: true, value: { id: answer.value.data.id, url: answer.value.data.html_url } } : answer;
    },
  };
}

function readThread(thread: z.output<typeof Thread>): ReviewThreadFacts {
  const { comments, id, isOutdated, isResolved, line, originalLine, path } = thread;
  return {
    id,
    isResolved,
    isOutdated,
    path,
    line: line ?? originalLine,
    comments: comments.nodes.map(({ author, body, createdAt, databaseId, lastEditedAt, url, viewerDidAuthor }) => ({
      isOwn: viewerDidAuthor,
      id: databaseId,
      author,
      body,
      url,
      createdAt,
      editedAt: lastEditedAt,
    })),
  };
}
