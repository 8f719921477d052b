import * as core from '@actions/core';
import { exactUsd } from '../../app/budget/money.ts';
import { loadFacts } from '../../app/report/load-facts.ts';
import { renderCheckRun } from '../../app/report/render-check-run.ts';
import type { RenderOptions } from '../../app/report/report-facts.ts';
import type { Stores } from '../../app/store/stores.ts';
import type { Task } from '../../app/task/task.ts';
import { adaptReport } from '../run/adapt-reports.ts';
import type { Conclusion } from './decide-conclusion.ts';

/** Outputs of action.yml. */
export const OUTPUTS = ['conclusion', 'task_id', 'branch_name', 'pr_number', 'pr_url', 'cost_usd'] as const;

export type Outputs = Readonly<Record<(typeof OUTPUTS)[number], string>>;

/** What later steps may read. Without a task only the conclusion says something. */
export function outputsOf(conclusion: Conclusion, task: Task | null): Outputs {
  const { publication, spentNano } = task ?? {};
  return {
    conclusion,
    task_id: task?.id ?? '',
    branch_name: publication?.headSha ? (task?.branch ?? '') : '',
    pr_number: publication?.pullNumber ? String(publication.pullNumber) : '',
    pr_url: publication?.pullUrl ?? '',
    cost_usd: exactUsd(spentNano ?? 0),
  };
}

export function writeOutputs(outputs: Outputs): void {
  for (const name of OUTPUTS) {
    core.setOutput(name, outputs[name]);
  }
}

/** The summary of the job: the facts of the check run, and where to look. */
export async function renderTaskSummary(
  task: Task,
  about: { stores: Pick<Stores, 'tasks' | 'attempts' | 'reports' | 'chains'>; render: RenderOptions },
): Promise<string> {
  const { title, summary } = renderCheckRun(await loadFacts(task, about.stores), about.render);
  const { owner, name } = task.repository;
  const issue = `${about.render.serverUrl}/${owner}/${name}/issues/${task.thread.number}`;
  const pull = task.publication.pullUrl;
  const links = [`[Issue #${task.thread.number}](${issue})`, ...(pull === null ? [] : [`[Pull request](${pull})`])];
  return `## Bosun: ${title}\n\n${links.join(' · ')} · task \`${task.id}\`\n\n${adaptReport(summary)}\n`;
}

export async function writeSummary(markdown: string): Promise<void> {
  await core.summary.addRaw(markdown, true).write();
}
