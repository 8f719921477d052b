import type { Task } from '../../task/task.ts';
import type { ReportFacts, RenderOptions } from '../report-facts.ts';
import { codeSpan, linkTo } from './escape-text.ts';
import { formatMany } from './format-facts.ts';

/** Where the work is: one sentence for every way a task can stop. */
export function renderKept({ task }: ReportFacts, options: RenderOptions): string {
  const { publication, outcome, state } = task;
  if (publication.headSha) {
    const where = `branch ${renderBranch(task, options)} at ${codeSpan(publication.headSha.slice(0, 7))}`;
    return publication.pullNumber ? `${where}, draft pull request #${publication.pullNumber}.` : `${where}.`;
  }
  if (outcome && outcome.commits > 0) {
    const why = state === 'CANCELLED' ? '; nothing was pushed' : '';
    return `${formatMany(outcome.commits, 'commit')} on the server${why}. \`/retry\` goes on from there.`;
  }
  return 'nothing; there was no work yet.';
}

export function renderBranch(task: Task, options: RenderOptions): string {
  const { owner, name } = task.repository;
  const path = task.branch.split('/').map(encodeURIComponent).join('/');
  const url = `${options.serverUrl}/${encodeURIComponent(owner)}/${encodeURIComponent(name)}/tree/${path}`;
  return linkTo(codeSpan(task.branch), { url, serverUrl: options.serverUrl });
}
