import { scopeStateOf } from '../../rules/scope-of-key.ts';
import { leftOf } from '../../../budget/scopes.ts';
import type { BudgetKey } from '../../../task/scope.ts';
import { isLive } from '../../rules/task-facts.ts';
import type { TaskStore } from '../../stores.ts';
import { lockSlots, lockTask, type LockedTask } from '../changes/lock-task.ts';
import { writeTask } from '../changes/write-task.ts';
import type { WakingDatabase, WakingQueryable } from '../waking-database.ts';

type Request = Parameters<TaskStore['raiseBudget']>[0];

export async function raiseBudget(database: WakingDatabase, request: Request): ReturnType<TaskStore['raiseBudget']> {
  return database.transaction(async (tx) => {
    await lockSlots(tx);
    const locked = await lockTask(tx, { taskId: request.taskId, depth: 'lane' });
    if (locked === null) {
      throw new Error(`there is no task ${request.taskId} to raise the budget of`);
    }
    if (await isRaised(tx, request.key)) {
      return { raised: true, task: locked.task };
    }
    if (isLive(locked.task)) {
      const full = await findFullScope(tx, locked, request);
      if (full !== null) {
        return { raised: false, scope: full };
      }
      await reserveMore(tx, locked, request.addNano);
    }
    await tx.query({
      name: 'budget-raise-keep',
      text: 'insert into budget_raise (key, task_id, add_nano, by_id, at) values ($1, $2, $3, $4, $5)',
      values: [request.key, request.taskId, request.addNano, request.by.id, request.now],
    });
    const before = locked.task;
    const next = { ...before, budgetNano: before.budgetNano + request.addNano };
    const data = { addNano: request.addNano, budgetNano: next.budgetNano, by: request.by.login };
    const events = [{ kind: 'task.budget_raised' as const, state: before.state, data }];
    return { raised: true, task: await writeTask(tx, { before, change: { next, events }, at: request.now }) };
  });
}

async function isRaised(tx: WakingQueryable, key: string): Promise<boolean> {
  const rows = await tx.query({
    name: 'budget-raise-find',
    text: 'select from budget_raise where key = $1',
    values: [key],
  });
  return rows.length > 0;
}

async function findFullScope(tx: WakingQueryable, locked: LockedTask, request: Request) {
  const rows = await tx.query<{ key: BudgetKey; reserved_nano: number; spent_nano: number }>({
    name: 'budget-scopes-of-attempt',
    text: 'select key, reserved_nano, spent_nano from budget_scope where key = any ($1) order by key',
    values: [locked.scopeKeys],
  });
  const states = rows.map((row) =>
    scopeStateOf(row.key, {
      limits: request.limits,
      now: request.now,
      reservedNano: row.reserved_nano,
      spentNano: row.spent_nano,
    }),
  );
  return states.find((state) => leftOf(state) < request.addNano) ?? null;
}

async function reserveMore(tx: WakingQueryable, locked: LockedTask, addNano: number): Promise<void> {
  await tx.query({
    name: 'budget-reserve-more',
    text: `
with more as (
  update attempt set budget_nano = budget_nano + $3 where task_id = $1 and epoch = $2
  returning scope_keys
)
update budget_scope b set reserved_nano = b.reserved_nano + $3 from more where b.key = any (more.scope_keys)`,
    values: [locked.task.id, locked.task.epoch, addNano],
  });
}
