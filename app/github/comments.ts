import { storableText } from '../../protocol/index.ts';
import type { CommentFacts, GitHub } from './github.ts';
import { MINIMIZE_COMMENT, postGraphql, readGraphql } from './graphql.ts';
import type { Client } from './request/client.ts';
import { readPages } from './request/read-pages.ts';
import { readAuthor } from './threads.ts';

/** Comments of issues and pull requests. */
export function createCommentCalls(
  client: Client,
): Pick<GitHub, 'fetchComments' | 'createComment' | 'updateComment' | 'minimizeComment'> {
  return {
    async fetchComments(repository, number) {
      const comments = await readPages((page) =>
        client.read(repository, (octokit, at) =>
          octokit.rest.issues.listComments({ ...at, ...page, issue_number: number }),
        ),
      );
      return comments.ok ? { ok: true, value: comments.value.map(readComment) } : comments;
    },

    async createComment(repository, { number, body, priority = 'normal' }) {
      const answer = await client.write(
        repository,
        (octokit, at) => octokit.rest.issues.createComment({ ...at, issue_number: number, body }),
        { profile: 'talk', priority },
      );
      return answer.ok ? { ok: true, value: readComment(answer.value.data) } : answer;
    },

    async updateComment(repository, { id, body, priority = 'normal' }) {
      const answer = await client.write(
        repository,
        (octokit, at) => octokit.rest.issues.updateComment({ ...at, comment_id: id, body }),
        { profile: 'talk', priority },
      );
      return answer.ok ? { ok: true, value: readComment(answer.value.data) } : answer;
    },

    async minimizeComment(repository, { id, priority = 'normal' }) {
      const found = await client.read(repository, (octokit, at) =>
        octokit.rest.issues.getComment({ ...at, comment_id: id }),
      );
      if (!found.ok) {
        return found;
      }
      const input = { subjectId: found.value.data.node_id, classifier: 'OUTDATED' };
      const answer = await client.write(repository, (octokit) => postGraphql(octokit, MINIMIZE_COMMENT, { input }), {
        profile: 'talk',
        priority,
      });
      return readGraphql(answer);
    },
  };
}

interface RawComment {
  readonly id: number;
  readonly body?: string | null | undefined;
  readonly html_url: string;
  readonly created_at: string;
  readonly updated_at: string;
  readonly user: { id: number; login: string; type?: string } | null;
  readonly performed_via_github_app?: { id: number } | null | undefined;
}

function readComment(comment: RawComment): CommentFacts {
  return {
    id: comment.id,
    author: readAuthor(comment.user),
    appId: comment.performed_via_github_app?.id ?? null,
    body: storableText(comment.body ?? ''),
    url: comment.html_url,
    createdAt: new Date(comment.created_at),
    updatedAt: new Date(comment.updated_at),
  };
}
