import type { RepositoryRef } from '../task/task.ts';
import type { GitHub, GitHubResult, PullFacts, ReviewFacts } from './github.ts';
import type { Client } from './request/client.ts';
import { readPages } from './request/read-pages.ts';

/** Pull requests. */
export function createPullCalls(
  client: Client,
): Pick<GitHub, 'findPullByHead' | 'fetchPull' | 'fetchReviewFacts' | 'createPull' | 'updatePull'> {
  /** Pull requests do not say which App opened them; the same thread read as an issue does. */
  async function complete(repository: RepositoryRef, pull: RawPull): Promise<GitHubResult<PullFacts>> {
    if (pull.user?.type !== 'Bot') {
      return { ok: true, value: readPull(pull, null) };
    }
    const issue = await client.read(repository, (octokit, at) =>
      octokit.rest.issues.get({ ...at, issue_number: pull.number }),
    );
    return issue.ok
      ? { ok: true, value: readPull(pull, issue.value.data.performed_via_github_app?.id ?? null) }
      : issue;
  }

  return {
    async findPullByHead(repository, head) {
      const pulls = await readPages((page) =>
        client.read(repository, (octokit, at) =>
          octokit.rest.pulls.list({
            ...at,
            ...page,
            head: `${at.owner}:${head}`,
            state: 'all',
            sort: 'created',
            direction: 'desc',
          }),
        ),
      );
      if (!pulls.ok) {
        return pulls;
      }
      // A server that does not know the filter sends all of them.
      const ofHead = pulls.value.filter((pull) => pull.head.ref === head);
      const found = ofHead.find((pull) => pull.state === 'open') ?? ofHead[0];
      return found ? complete(repository, found) : { ok: true, value: null };
    },

    async fetchPull(repository, number) {
      const answer = await client.read(repository, (octokit, at) =>
        octokit.rest.pulls.get({ ...at, pull_number: number }),
      );
      return answer.ok ? complete(repository, answer.value.data) : answer;
    },

    async fetchReviewFacts(repository, number) {
      const reviews = await readPages((page) =>
        client.read(repository, (octokit, at) =>
          octokit.rest.pulls.listReviews({ ...at, ...page, pull_number: number }),
        ),
      );
      return reviews.ok ? { ok: true, value: reviews.value.map(readReview) } : reviews;
    },

    async createPull(repository, pull) {
      const answer = await client.write(repository, (octokit, at) => octokit.rest.pulls.create({ ...at, ...pull }), {
        profile: 'talk',
        priority: 'high',
      });
      return answer.ok ? { ok: true, value: readPull(answer.value.data, null) } : answer;
    },

    async updatePull(repository, { number, body }) {
      const answer = await client.write(
        repository,
        (octokit, at) => octokit.rest.pulls.update({ ...at, pull_number: number, body }),
        { profile: 'talk', priority: 'normal' },
      );
      return answer.ok ? { ok: true, value: readPull(answer.value.data, null) } : answer;
    },
  };
}

interface RawPull {
  readonly number: number;
  readonly html_url: string;
  readonly draft?: boolean | undefined;
  readonly state: string;
  readonly merged_at: string | null;
  readonly head: { readonly sha: string; readonly ref: string };
  readonly body: string | null;
  readonly user: { readonly type?: string } | null;
}

function readPull(pull: RawPull, authorAppId: number | null): PullFacts {
  return {
    number: pull.number,
    url: pull.html_url,
    draft: pull.draft ?? false,
    state: readState(pull),
    headSha: pull.head.sha,
    headRef: pull.head.ref,
    body: pull.body ?? '',
    authorAppId,
  };
}

const REVIEW_STATES: Readonly<Record<string, ReviewFacts['state']>> = {
  APPROVED: 'approved',
  CHANGES_REQUESTED: 'changes_requested',
  DISMISSED: 'dismissed',
  PENDING: 'pending',
};

function readReview(review: {
  readonly id: number;
  readonly body: string | null;
  readonly html_url: string;
  readonly state: string;
  readonly commit_id: string | null;
  readonly user: { readonly id: number; readonly login: string; readonly type?: string } | null;
}): ReviewFacts {
  const { body, commit_id: commitSha, id, html_url: url, user } = review;
  return {
    id,
    body: body ?? '',
    url,
    author: { id: user?.id ?? 0, login: user?.login ?? 'ghost', isBot: user?.type === 'Bot' },
    state: REVIEW_STATES[review.state.toUpperCase()] ?? 'commented',
    commitSha,
  };
}

function readState(pull: RawPull): PullFacts['state'] {
  if (pull.merged_at) {
    return 'merged';
  }
  return pull.state === 'closed' ? 'closed' : 'open';
}
