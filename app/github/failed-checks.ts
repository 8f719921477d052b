import { storableText } from '../../protocol/index.ts';
import type { FailedCheck, GitHub, GitHubProblem, GitHubResult } from './github.ts';
import type { Client } from './request/client.ts';
import { readPages } from './request/read-pages.ts';

/** Of a check run of ours; what it says follows from the checks of others. */
export const CHECK_RUN_NAME = 'Bosun';

const FAILED: readonly string[] = ['failure', 'timed_out', 'startup_failure'];
const ACTIONS = 'github-actions';
/** As much of a log as is looked through for its end. */
const MAX_LOG_BYTES = 64 * 1024 * 1024;
const LOG_TAIL_BYTES = 64 * 1024;
const LOG_TIMEOUT_MS = 60_000;

/** What others found out about a commit. */
export function createFailedCheckCalls(client: Client): Pick<GitHub, 'fetchFailedChecks' | 'fetchJobLog'> {
  return {
    async fetchFailedChecks(repository, { sha }) {
      const [runs, statuses] = await Promise.all([
        readPages(async (page) => {
          const answer = await client.read(
            repository,
            (octokit, at) => octokit.rest.checks.listForRef({ ...at, ...page, ref: sha, filter: 'latest' }),
            'checks',
          );
          return answer.ok
            ? { ok: true, value: { data: answer.value.data.check_runs, headers: answer.value.headers } }
            : answer;
        }),
        client.read(
          repository,
          (octokit, at) => octokit.rest.repos.getCombinedStatusForRef({ ...at, ref: sha, per_page: 100 }),
          'statuses',
        ),
      ]);
      for (const answer of [runs, statuses]) {
        if (!answer.ok && !isRefused(answer.problem)) {
          return answer;
        }
      }
      const others = runs.ok ? runs.value.filter(({ name }) => name !== CHECK_RUN_NAME) : [];
      const all = statuses.ok ? statuses.value.data.statuses : [];
      const ofRuns = others
        .filter(({ conclusion }) => FAILED.includes(conclusion ?? ''))
        .map((run): FailedCheck => ({
          kind: 'check_run',
          name: storableText(run.name),
          jobId: run.app?.slug === ACTIONS ? run.id : null,
          conclusion: run.conclusion ?? 'failure',
          summary: storableText([run.output.title, run.output.summary, run.output.text].filter(Boolean).join('\n\n')),
          url: run.html_url,
        }));
      const ofStatuses = all
        .filter(({ state }) => state === 'failure' || state === 'error')
        .map((status): FailedCheck => ({
          kind: 'status',
          name: storableText(status.context),
          jobId: null,
          conclusion: status.state,
          summary: storableText(status.description ?? ''),
          url: status.target_url,
        }));
      return {
        ok: true,
        value: {
          failed: [...ofRuns, ...ofStatuses],
          isPending:
            others.some(({ status }) => status !== 'completed') || all.some(({ state }) => state === 'pending'),
          missingPermissions: [...(runs.ok ? [] : ['checks: read']), ...(statuses.ok ? [] : ['statuses: read'])],
        },
      };
    },

    async fetchJobLog(repository, { id }) {
      const answer = await client.read(
        repository,
        async (octokit, at) => {
          const { headers } = await octokit.rest.actions.downloadJobLogsForWorkflowRun({ ...at, job_id: id });
          // The answer is a redirect to where the log can be had for a minute without a token.
          return { status: 200, data: { location: headers.location ?? '' }, headers };
        },
        'actions',
      );
      return answer.ok ? fetchTail(answer.value.data.location) : answer;
    },
  };
}

/** A permission that the installation has not accepted, or that a workflow's token does not have. */
function isRefused({ kind }: GitHubProblem): boolean {
  return kind === 'forbidden';
}

async function fetchTail(location: string): Promise<GitHubResult<string>> {
  if (!/^https?:\/\//.test(location)) {
    return { ok: false, problem: problem('not_found', 'GitHub has no log of this job') };
  }
  try {
    const response = await fetch(location, { redirect: 'error', signal: AbortSignal.timeout(LOG_TIMEOUT_MS) });
    if (!response.ok || response.body === null) {
      return { ok: false, problem: problem('not_found', `The log was answered with ${response.status}`) };
    }
    let tail = Buffer.alloc(0);
    let seen = 0;
    for await (const chunk of response.body) {
      seen += chunk.length;
      tail = Buffer.concat([tail, chunk]).subarray(-LOG_TAIL_BYTES);
      if (seen > MAX_LOG_BYTES) {
        return { ok: false, problem: problem('invalid', 'The log is larger than 64 MiB') };
      }
    }
    return { ok: true, value: storableText(tail.toString('utf8')) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, problem: problem('unavailable', `The log could not be fetched: ${message}`) };
  }
}

function problem(kind: GitHubProblem['kind'], message: string): GitHubProblem {
  return { kind, status: null, message, retryAt: null };
}
