import type { RepositoryRef } from '../task/task.ts';
import type { GitHubActivity, GitHubResult, RawObject } from './github.ts';
import type { Client } from './request/client.ts';
import { readPages } from './request/read-pages.ts';

/** So much of a repository's latest changes is looked at in one go; a burst beyond it is left to webhooks. */
const MAX_PAGES = 10;
const PAGE_SIZE = 50;

/** What changed in the repositories of an installation, in GitHub's own words: these objects are what webhooks carry. */
export function createActivityCalls(client: Client): GitHubActivity {
  return {
    fetchRepositories: () =>
      readPages(async (page) => {
        const answer = await client.read(
          NO_REPOSITORY,
          (octokit) => octokit.rest.apps.listReposAccessibleToInstallation({ ...page }),
          'watch',
        );
        return answer.ok
          ? { ok: true, value: { data: asRaw(answer.value.data.repositories), headers: answer.value.headers } }
          : answer;
      }),

    async fetchChangedThreads(repository, { etag, since }) {
      const threads: RawObject[] = [];
      let newEtag: string | null = null;
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const answer = await client.read(
          repository,
          (octokit, at) =>
            octokit.rest.issues.listForRepo({
              ...at,
              state: 'all',
              sort: 'updated',
              direction: 'desc',
              per_page: PAGE_SIZE,
              page,
              headers: page === 1 && etag !== null ? { 'if-none-match': etag } : {},
            }),
          'watch',
        );
        if (!answer.ok) {
          return answer.problem.status === 304 ? { ok: true, value: null } : answer;
        }
        newEtag ??= String(answer.value.headers['etag'] ?? '') || null;
        const recent = answer.value.data.filter((issue) => Date.parse(issue.updated_at) >= since.getTime());
        threads.push(...asRaw(recent));
        if (recent.length < PAGE_SIZE) {
          break;
        }
      }
      return { ok: true, value: { etag: newEtag, threads } };
    },

    fetchCommentsSince: (repository, { kind, since }) =>
      readPages(async (page) => {
        const query = { ...page, since: since.toISOString() };
        const answer: GitHubResult<{ data: unknown; headers: Headers }> =
          kind === 'thread'
            ? await client.read(
                repository,
                (octokit, at) => octokit.rest.issues.listCommentsForRepo({ ...at, ...query }),
                'watch',
              )
            : await client.read(
                repository,
                (octokit, at) => octokit.rest.pulls.listReviewCommentsForRepo({ ...at, ...query }),
                'watch',
              );
        return answer.ok
          ? { ok: true, value: { data: asRaw(answer.value.data), headers: answer.value.headers } }
          : answer;
      }),

    fetchReviews: (repository, number) =>
      readPages(async (page) => {
        const answer = await client.read(
          repository,
          (octokit, at) => octokit.rest.pulls.listReviews({ ...at, ...page, pull_number: number }),
          'watch',
        );
        return answer.ok
          ? { ok: true, value: { data: asRaw(answer.value.data), headers: answer.value.headers } }
          : answer;
      }),

    async fetchLabelEvents(repository, number) {
      const events = await readPages((page) =>
        client.read(
          repository,
          (octokit, at) => octokit.rest.issues.listEvents({ ...at, ...page, issue_number: number }),
          'watch',
        ),
      );
      return events.ok ? { ok: true, value: asRaw(events.value.filter(({ event }) => event === 'labeled')) } : events;
    },
  };
}

type Headers = { readonly [header: string]: string | number | undefined };

/** A request about the installation as a whole. */
const NO_REPOSITORY: RepositoryRef = { id: 0, owner: '', name: '' };

/** Numbers and names are read where they are used; the rest goes through as it came. */
function asRaw(objects: unknown): RawObject[] {
  return objects as RawObject[];
}
