import { decideDraw, splitCost } from '../rules/charge.ts';
import type { AttemptStore, Drawn, LedgerTotals } from '../stores.ts';
import { attemptKey, type MemoryState } from './memory-state.ts';

const NO_USAGE = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };

export function drawInMemory(state: MemoryState, request: Parameters<AttemptStore['draw']>[0]): Drawn {
  const { taskId, epoch, requestId, model, upperNano, now, purpose = 'work', provider = null } = request;
  const record = state.attempts.get(attemptKey(request));
  const isServed = record?.open === true || (purpose !== 'work' && record?.attempt.endedAt === null);
  if (record === undefined || !isServed) {
    return { drawn: false, why: 'stale' };
  }
  const { attempt } = record;
  const leftNano = attempt.budgetNano - attempt.spentNano - attempt.inflightNano;
  if (state.ledger.has(requestId)) {
    return { drawn: true, reservationId: requestId, leftNano };
  }
  const decision = decideDraw(attempt, request);
  if (decision !== 'draw') {
    return { drawn: false, why: decision, leftNano };
  }
  state.attempts.set(attemptKey(request), {
    ...record,
    attempt: {
      ...attempt,
      inflightNano: attempt.inflightNano + upperNano,
      modelCalls: attempt.modelCalls + 1,
      progressAt: now,
    },
  });
  state.ledger.set(requestId, {
    requestId,
    taskId,
    epoch,
    purpose,
    provider,
    model,
    upperNano,
    costNano: null,
    overrunNano: 0,
    usage: NO_USAGE,
    drawnAt: now,
  });
  return { drawn: true, reservationId: requestId, leftNano: leftNano - upperNano };
}

export function settleInMemory(
  state: MemoryState,
  request: Parameters<AttemptStore['settle']>[0],
): { settled: boolean } {
  const row = state.ledger.get(request.requestId);
  const record = row === undefined ? undefined : state.attempts.get(attemptKey(row));
  if (row === undefined || record === undefined || row.costNano !== null) {
    return { settled: false };
  }
  const { chargedNano, overrunNano } = splitCost(request.costNano, row.upperNano);
  state.ledger.set(row.requestId, { ...row, costNano: chargedNano, overrunNano, usage: request.usage });
  const { attempt } = record;
  const ended = attempt.endedAt !== null;
  const seenAt = attempt.progressAt !== null && attempt.progressAt > request.now ? attempt.progressAt : request.now;
  state.attempts.set(attemptKey(row), {
    ...record,
    attempt: {
      ...attempt,
      inflightNano: attempt.inflightNano - row.upperNano,
      spentNano: attempt.spentNano + chargedNano,
      progressAt: ended ? attempt.progressAt : seenAt,
    },
  });
  if (ended) {
    settleLate(state, row, chargedNano);
  }
  return { settled: true };
}

/**
 * The attempt was folded already: the cost is added to the task and its scopes, and what was shown of it is shown
 * again.
 */
function settleLate(
  state: MemoryState,
  row: { taskId: string; epoch: number; upperNano: number },
  chargedNano: number,
): void {
  const task = state.tasks.get(row.taskId);
  if (task !== undefined) {
    const spentNano = task.task.spentNano + chargedNano;
    const heldNano = task.heldNano - row.upperNano;
    const revision = task.task.revision + 1;
    state.tasks.set(row.taskId, { ...task, heldNano, task: { ...task.task, spentNano, revision } });
    state.notify({ kind: 'report', id: row.taskId });
  }
  for (const key of state.attempts.get(attemptKey(row))?.scopeKeys ?? []) {
    const scope = state.scopes.get(key);
    if (scope !== undefined) {
      scope.reservedNano -= row.upperNano;
      scope.spentNano += chargedNano;
    }
  }
}

export function totalsInMemory(state: MemoryState, taskId: string): LedgerTotals[] {
  const sums = new Map<string, LedgerTotals>();
  for (const row of state.ledger.values()) {
    if (row.taskId !== taskId || row.costNano === null) {
      continue;
    }
    const { purpose, provider, model } = row;
    const key = JSON.stringify([purpose, provider, model]);
    const sum = sums.get(key) ?? { purpose, provider, model, requests: 0, usage: NO_USAGE, costNano: 0 };
    sums.set(key, {
      purpose,
      provider,
      model,
      requests: sum.requests + 1,
      usage: {
        inputTokens: sum.usage.inputTokens + row.usage.inputTokens,
        outputTokens: sum.usage.outputTokens + row.usage.outputTokens,
        cacheWriteTokens: sum.usage.cacheWriteTokens + row.usage.cacheWriteTokens,
        cacheReadTokens: sum.usage.cacheReadTokens + row.usage.cacheReadTokens,
      },
      costNano: sum.costNano + row.costNano + row.overrunNano,
    });
  }
  return [...sums.values()].toSorted(
    (a, b) => compare(b.purpose, a.purpose) || compare(a.model, b.model) || compare(a.provider ?? '', b.provider ?? ''),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
