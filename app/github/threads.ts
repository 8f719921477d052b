import { storableText } from '../../protocol/index.ts';
import type { GitHub, ThreadFacts } from './github.ts';
import type { Client } from './request/client.ts';

/** Issues and pull requests as threads. */
export function createThreadCalls(client: Client): Pick<GitHub, 'fetchThread' | 'addReaction'> {
  return {
    async fetchThread(repository, number) {
      const answer = await client.read(repository, (octokit, at) =>
        octokit.rest.issues.get({ ...at, issue_number: number }),
      );
      if (!answer.ok) {
        return answer;
      }
      const issue = answer.value.data;
      const thread: ThreadFacts = {
        number: issue.number,
        kind: issue.pull_request ? 'pull_request' : 'issue',
        nodeId: issue.node_id,
        title: storableText(issue.title),
        body: storableText(issue.body ?? ''),
        author: readAuthor(issue.user),
        state: issue.state === 'closed' ? 'closed' : 'open',
        locked: issue.locked,
        labels: issue.labels.map((label) => (typeof label === 'string' ? label : (label.name ?? ''))),
        updatedAt: new Date(issue.updated_at),
      };
      return { ok: true, value: thread };
    },

    async addReaction(repository, { number, commentId, content }) {
      const options = { profile: 'talk', priority: 'high' } as const;
      const answer =
        commentId === null
          ? await client.write(
              repository,
              (octokit, at) => octokit.rest.reactions.createForIssue({ ...at, issue_number: number, content }),
              options,
            )
          : await client.write(
              repository,
              (octokit, at) => octokit.rest.reactions.createForIssueComment({ ...at, comment_id: commentId, content }),
              options,
            );
      return answer.ok ? { ok: true, value: undefined } : answer;
    },
  };
}

/** Whoever wrote something; GitHub sends null for deleted accounts. */
export function readAuthor(
  user: { id: number; login: string; type?: string } | null | undefined,
): ThreadFacts['author'] {
  return user
    ? { id: user.id, login: user.login, isBot: user.type === 'Bot' }
    : { id: 0, login: 'ghost', isBot: false };
}
