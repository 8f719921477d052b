import type { Task } from '../../task/task.ts';
import type { ReportFacts, RenderOptions } from '../report-facts.ts';
import { codeSpan, linkTo } from './escape-text.ts';
import { formatMany } from './format-facts.ts';

/** Where the work is: what is on GitHub, and what stayed on the server. */
export function renderSavedWork(facts: ReportFacts, options: RenderOptions): string {
  const parts = [renderPushed(facts, options), renderOnServer(facts)].filter((part) => part !== '');
  return parts.length > 0 ? parts.join(' ') : 'nothing; there was no work yet.';
}

function renderPushed({ task }: ReportFacts, options: RenderOptions): string {
  const { headSha, pullNumber } = task.publication;
  if (headSha === null) {
    return '';
  }
  const where = `branch ${renderBranch(task, options)} at ${codeSpan(headSha.slice(0, 7))}`;
  return pullNumber === null ? `${where}.` : `${where}, draft pull request #${pullNumber}.`;
}

function renderOnServer({ task }: ReportFacts): string {
  const { outcome, state } = task;
  if (outcome === null || outcome.commits === 0 || outcome.kind === 'published' || outcome.kind === 'partial') {
    return '';
  }
  const next = state === 'SUBMITTED' ? '/resume' : '/retry';
  const patch = codeSpan(`bosun show ${task.id} --patch`);
  return `${formatMany(outcome.commits, 'commit')} on the server, not pushed: \`${next}\` continues from there, and ${patch} on the server prints the patch.`;
}

export function renderBranch(task: Task, options: RenderOptions): string {
  const { owner, name } = task.repository;
  const path = task.branch.split('/').map(encodeURIComponent).join('/');
  const url = `${options.serverUrl}/${encodeURIComponent(owner)}/${encodeURIComponent(name)}/tree/${path}`;
  return linkTo(codeSpan(task.branch), { url, serverUrl: options.serverUrl });
}
