import { storableText } from '../../protocol/index.ts';
import type { GitHub } from './github.ts';
import { ENABLE_AUTO_MERGE, postGraphql, readGraphql } from './graphql.ts';
import type { Client } from './request/client.ts';
import type { WithPublishToken } from './review-calls.ts';
import { readAuthor } from './threads.ts';

/** What only those need who work on a pull request. */
export function createPullDetailCalls(
  client: Client,
  { fetchPull, withPublishToken }: Pick<GitHub, 'fetchPull'> & { withPublishToken: WithPublishToken },
): Pick<GitHub, 'fetchPullDetails' | 'fetchChangedFiles' | 'addLabels' | 'enableAutoMerge'> {
  return {
    async fetchPullDetails(repository, number) {
      const facts = await fetchPull(repository, number);
      if (!facts.ok) {
        return facts;
      }
      const answer = await client.read(repository, (octokit, at) =>
        octokit.rest.pulls.get({ ...at, pull_number: number }),
      );
      if (!answer.ok) {
        return answer;
      }
      const pull = answer.value.data;
      return {
        ok: true,
        value: {
          ...facts.value,
          // One answer for both sides: the head may move between two requests.
          headSha: pull.head.sha,
          headRef: pull.head.ref,
          nodeId: pull.node_id,
          title: storableText(pull.title),
          author: readAuthor(pull.user),
          // GitHub sends null for a fork that was deleted.
          headRepositoryId: (pull.head.repo as { id: number } | null)?.id ?? null,
          maintainerCanModify: pull.maintainer_can_modify,
          baseRef: pull.base.ref,
          mergeable: pull.mergeable,
          labels: pull.labels.map(({ name }) => name),
        },
      };
    },

    async fetchChangedFiles(repository, { base, head }) {
      const answer = await client.read(repository, (octokit, at) =>
        octokit.rest.repos.compareCommitsWithBasehead({ ...at, basehead: `${base}...${head}`, per_page: 1 }),
      );
      if (!answer.ok) {
        return answer;
      }
      const { files = [], merge_base_commit: mergeBase } = answer.value.data;
      return {
        ok: true,
        value: {
          mergeBaseSha: mergeBase.sha,
          files: files.map(({ filename, patch, status }) => ({
            path: filename,
            status,
            patch: patch === undefined || patch === null ? null : storableText(patch),
          })),
        },
      };
    },

    async addLabels(repository, { labels, number }) {
      const answer = await client.write(
        repository,
        (octokit, at) => octokit.rest.issues.addLabels({ ...at, issue_number: number, labels: [...labels] }),
        { profile: 'talk', priority: 'normal' },
      );
      return answer.ok ? { ok: true, value: undefined } : answer;
    },

    enableAutoMerge: (repository, { headSha, nodeId }) =>
      withPublishToken(repository, async (token) => {
        const input = { pullRequestId: nodeId, expectedHeadOid: headSha };
        const answer = await client.write(repository, (octokit) => postGraphql(octokit, ENABLE_AUTO_MERGE, { input }), {
          profile: 'publish',
          priority: 'normal',
          token,
        });
        return readGraphql(answer);
      }),
  };
}
