import type { Stores } from '../store/stores.ts';
import type { Task } from '../task/task.ts';
import type { ReportFacts } from './report-facts.ts';

/** Reads everything a report of this task is made of. */
export async function loadFacts(
  task: Task,
  stores: Pick<Stores, 'tasks' | 'attempts' | 'reports' | 'chains'>,
): Promise<ReportFacts> {
  const [events, attempt, totals, position, earlier, chain] = await Promise.all([
    stores.tasks.events(task.id),
    task.epoch > 0 ? stores.attempts.find({ taskId: task.id, epoch: task.epoch }) : null,
    stores.attempts.totals(task.id),
    task.state === 'SUBMITTED' ? stores.tasks.position(task.id) : null,
    stores.reports.findEarlierComment(task),
    isChained(task) ? stores.chains.findOf(task.id) : null,
  ]);
  return { task, events, attempt, totals, position, earlier, chain };
}

/** Only those can belong to one, and looking is not free. */
function isChained({ settings, trigger }: Task): boolean {
  return settings.chain !== undefined || trigger.kind === 'chain';
}
