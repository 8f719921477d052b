import type { Stores } from '../store/stores.ts';
import type { Task } from '../task/task.ts';
import type { ReportFacts } from './report-facts.ts';

/** Reads everything a report of this task is made of. */
export async function loadFacts(
  task: Task,
  stores: Pick<Stores, 'tasks' | 'attempts' | 'reports'>,
): Promise<ReportFacts> {
  const [events, attempt, totals, position, earlier] = await Promise.all([
    stores.tasks.events(task.id),
    task.epoch > 0 ? stores.attempts.find({ taskId: task.id, epoch: task.epoch }) : null,
    stores.attempts.totals(task.id),
    task.state === 'SUBMITTED' ? stores.tasks.position(task.id) : null,
    stores.reports.findEarlierComment(task),
  ]);
  return { task, events, attempt, totals, position, earlier };
}
