import { storableText } from '../../protocol/index.ts';
import type { CheckAnnotation, CheckRunContent, GitHub } from './github.ts';
import type { Client } from './request/client.ts';
import { readPages } from './request/read-pages.ts';

/** GitHub refuses an output longer than this. */
const MAX_SUMMARY_CHARS = 65_535;
/** A summary that was cut could act on what follows; our reports fit. */
const TOO_LONG = 'The report is too long to show here; see the comment on the issue or the dashboard.';

/** Check runs. */
export function createCheckCalls(client: Client): Pick<GitHub, 'createCheckRun' | 'updateCheckRun' | 'findCheckRun'> {
  return {
    async createCheckRun(repository, check) {
      const answer = await client.write(
        repository,
        (octokit, at) =>
          octokit.rest.checks.create({
            ...at,
            ...contentOf(check),
            name: check.name,
            head_sha: check.headSha,
            external_id: check.externalId,
          }),
        { profile: 'checks', priority: check.priority ?? 'normal' },
      );
      return answer.ok ? { ok: true, value: { id: answer.value.data.id } } : answer;
    },

    async updateCheckRun(repository, check) {
      const answer = await client.write(
        repository,
        (octokit, at) => octokit.rest.checks.update({ ...at, ...contentOf(check), check_run_id: check.id }),
        { profile: 'checks', priority: check.priority ?? 'normal' },
      );
      return answer.ok ? { ok: true, value: undefined } : answer;
    },

    async findCheckRun(repository, { headSha, name, externalId }) {
      const runs = await readPages(async (page) => {
        const answer = await client.read(
          repository,
          (octokit, at) =>
            octokit.rest.checks.listForRef({ ...at, ...page, ref: headSha, check_name: name, filter: 'all' }),
          'checks',
        );
        return answer.ok
          ? { ok: true, value: { data: answer.value.data.check_runs, headers: answer.value.headers } }
          : answer;
      });
      if (!runs.ok) {
        return runs;
      }
      const found = runs.value.find((run) => run.external_id === externalId && run.name === name);
      return { ok: true, value: found ? { id: found.id } : null };
    },
  };
}

function contentOf(check: CheckRunContent) {
  return {
    output: {
      title: check.title,
      summary: check.summary.length > MAX_SUMMARY_CHARS ? TOO_LONG : check.summary,
      ...(check.annotations && { annotations: check.annotations.map(writeAnnotation) }),
    },
    ...(check.detailsUrl && { details_url: check.detailsUrl }),
    ...(check.startedAt && { started_at: check.startedAt.toISOString() }),
    ...(check.actions && { actions: check.actions.map((action) => ({ ...action })) }),
    ...(check.status === 'completed'
      ? {
          status: 'completed' as const,
          conclusion: check.conclusion ?? ('neutral' as const),
          ...(check.completedAt && { completed_at: check.completedAt.toISOString() }),
        }
      : { status: 'in_progress' as const }),
  };
}

function writeAnnotation({ level, line, message, path, title }: CheckAnnotation) {
  return {
    path,
    start_line: line,
    end_line: line,
    annotation_level: level,
    message: storableText(message),
    ...(title !== '' && { title: storableText(title) }),
  };
}
