import { leftOf } from '../../../budget/scopes.ts';
import { scopeStateOf } from '../../rules/scope-of-key.ts';
import type { TaskStore } from '../../stores.ts';
import { attemptKey, liveAttempt, readTask, type MemoryState, type TaskRecord } from '../memory-state.ts';
import { writeChange } from './write-change.ts';

type Request = Parameters<TaskStore['raiseBudget']>[0];

export function raiseInMemory(
  state: MemoryState,
  record: TaskRecord,
  request: Request,
): Awaited<ReturnType<TaskStore['raiseBudget']>> {
  const { addNano, now, limits } = request;
  if (state.raises.has(request.key)) {
    return { raised: true, task: readTask(state, record) };
  }
  const live = liveAttempt(state, record.task);
  if (live !== null) {
    const states = live.scopeKeys.toSorted().map((key) => {
      const kept = state.scopes.get(key);
      const money = { reservedNano: kept?.reservedNano ?? 0, spentNano: kept?.spentNano ?? 0 };
      return scopeStateOf(key, { limits, now, ...money });
    });
    const full = states.find((scope) => leftOf(scope) < addNano);
    if (full !== undefined) {
      return { raised: false, scope: full };
    }
    const { attempt } = live;
    state.attempts.set(attemptKey(attempt), {
      ...live,
      attempt: { ...attempt, budgetNano: attempt.budgetNano + addNano },
    });
    for (const key of live.scopeKeys) {
      const kept = state.scopes.get(key);
      if (kept !== undefined) {
        kept.reservedNano += addNano;
      }
    }
  }
  state.raises.add(request.key);
  const { task } = record;
  const next = { ...task, budgetNano: task.budgetNano + addNano };
  const data = { addNano, budgetNano: next.budgetNano, by: request.by.login };
  const events = [{ kind: 'task.budget_raised' as const, state: task.state, data }];
  return { raised: true, task: writeChange(state, record, { change: { next, events }, at: now }) };
}
