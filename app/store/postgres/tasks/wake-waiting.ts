import type { Task } from '../../../task/task.ts';
import { decideDue, decideResume } from '../../rules/decide-waking.ts';
import type { TaskStore } from '../../stores.ts';
import { lockTask } from '../changes/lock-task.ts';
import { writeTask } from '../changes/write-task.ts';
import type { Queryable } from '../../database.ts';
import type { WakingDatabase, WakingQueryable } from '../waking-database.ts';

const BATCH = 100;

export async function resumeTask(
  database: WakingDatabase,
  request: Parameters<TaskStore['resume']>[0],
): Promise<Task | null> {
  return database.transaction(async (tx) => {
    const locked = await lockTask(tx, { taskId: request.taskId, depth: 'lane' });
    const change = locked === null ? null : decideResume(locked.task, request);
    return locked === null || change === null ? null : writeTask(tx, { before: locked.task, change, at: request.now });
  });
}

/** One transaction for each task, so that many that are due at midnight delay nothing else. */
export async function wakeDue(database: WakingDatabase, now: Date): Promise<number> {
  let woken = 0;
  for (;;) {
    const before = woken;
    const due = await database.query<{ id: string }>({
      name: 'tasks-due',
      text: `select id from task where not eligible and wake_at <= $1 order by wake_at limit $2`,
      values: [now, BATCH],
    });
    for (const { id } of due) {
      woken += (await database.transaction((tx) => wakeOne(tx, id, now))) ? 1 : 0;
    }
    if (due.length < BATCH || woken === before) {
      return woken;
    }
  }
}

async function wakeOne(tx: WakingQueryable, taskId: string, now: Date): Promise<boolean> {
  const locked = await lockTask(tx, { taskId, depth: 'lane' });
  const change = locked === null ? null : decideDue(locked.task, now);
  if (locked === null || change === null) {
    return false;
  }
  await writeTask(tx, { before: locked.task, change, at: now });
  return true;
}

export async function nextWakeAt(db: Queryable): Promise<Date | null> {
  const [row] = await db.query<{ at: Date | null }>({
    name: 'tasks-next-wake',
    text: `select min(wake_at) as at from task where wake_at is not null and not eligible`,
  });
  return row?.at ?? null;
}
