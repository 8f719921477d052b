import type { Database } from '../../app/store/database.ts';
import type { MemoryState } from '../../app/store/memory/memory-state.ts';
import type { BlockedOn } from '../../app/task/scope.ts';
import { isEligible, isLive } from '../../app/store/rules/task-facts.ts';
import type { TaskState, WaitReason } from '../../protocol/index.ts';
import type { StoreSnapshot } from './invariants.ts';

export async function snapshotOfDatabase(database: Database): Promise<StoreSnapshot> {
  // One snapshot of all tables, so that it may be taken while others write.
  const read = await database.transaction(async (tx) => {
    await tx.query({ text: 'set transaction isolation level repeatable read, read only' });
    return {
      tasks: await tx.query<TaskRow>({
        text: `select t.*, c.revision as cursor_revision from task t left join report_cursor c on c.task_id = t.id`,
      }),
      attempts: await tx.query<AttemptRow>({ text: 'select * from attempt' }),
      ledger: await tx.query<LedgerRow>({ text: 'select * from ledger' }),
      lanes: await tx.query<LaneRow>({ text: 'select * from lane' }),
      slots: await tx.query<{ scope: string; running: number }>({ text: 'select * from slot' }),
      scopes: await tx.query<ScopeRow>({ text: 'select * from budget_scope' }),
    };
  });
  return {
    tasks: read.tasks.map((row) => ({
      id: row.id,
      repositoryId: row.repository_id,
      threadNumber: row.thread_number,
      userId: row.requested_by_id,
      state: row.state,
      epoch: row.epoch,
      wait:
        row.wait_reason === null || row.wake_at === null
          ? null
          : { reason: row.wait_reason, wakeAt: row.wake_at, note: row.wait_note, blockedOn: row.blocked_on },
      leased: row.lease_owner !== null,
      finished: row.finished_at !== null,
      budgetNano: row.budget_nano,
      settledNano: row.spent_nano,
      heldNano: row.held_nano,
      revision: row.revision,
      cursorRevision: row.cursor_revision,
    })),
    attempts: read.attempts.map((row) => ({
      taskId: row.task_id,
      epoch: row.epoch,
      budgetNano: row.budget_nano,
      spentNano: row.spent_nano,
      inflightNano: row.inflight_nano,
      open: row.open,
      ended: row.ended_at !== null,
      scopeKeys: row.scope_keys,
    })),
    ledger: read.ledger.map((row) => ({
      taskId: row.task_id,
      epoch: row.epoch,
      upperNano: row.upper_nano,
      costNano: row.cost_nano,
    })),
    lanes: new Map(read.lanes.map((row) => [row.repository_id, { queued: row.queued, running: row.running }])),
    slots: new Map(read.slots.map((row) => [row.scope, row.running])),
    scopes: new Map(
      read.scopes.map((row) => [
        row.key,
        { reservedNano: row.reserved_nano, spentNano: row.spent_nano, capNano: row.cap_nano },
      ]),
    ),
  };
}

interface TaskRow {
  id: string;
  repository_id: number;
  thread_number: number;
  requested_by_id: number;
  state: TaskState;
  epoch: number;
  wait_reason: WaitReason | null;
  wake_at: Date | null;
  wait_note: string | null;
  blocked_on: BlockedOn | null;
  lease_owner: string | null;
  finished_at: Date | null;
  budget_nano: number;
  spent_nano: number;
  held_nano: number;
  revision: number;
  cursor_revision: number;
}

interface AttemptRow {
  task_id: string;
  epoch: number;
  budget_nano: number;
  spent_nano: number;
  inflight_nano: number;
  open: boolean;
  ended_at: Date | null;
  scope_keys: string[];
}

interface LedgerRow {
  task_id: string;
  epoch: number;
  upper_nano: number;
  cost_nano: number | null;
}

interface LaneRow {
  repository_id: number;
  queued: number;
  running: number;
}

interface ScopeRow {
  key: string;
  reserved_nano: number;
  spent_nano: number;
  cap_nano: number | null;
}

/** Lanes and slots are counted in memory anyway; what can be wrong there is the rest. */
export function snapshotOfMemory(state: MemoryState): StoreSnapshot {
  const lanes = new Map<number, { queued: number; running: number }>();
  const slots = new Map<string, number>();
  for (const { task } of state.tasks.values()) {
    const lane = lanes.get(task.repository.id) ?? { queued: 0, running: 0 };
    lane.queued += Number(isEligible(task));
    lane.running += Number(isLive(task));
    lanes.set(task.repository.id, lane);
    for (const scope of isLive(task) ? ['server', `user:${task.requestedBy.id}`] : []) {
      slots.set(scope, (slots.get(scope) ?? 0) + 1);
    }
  }
  return {
    tasks: [...state.tasks.values()].map(({ task, heldNano }) => ({
      id: task.id,
      repositoryId: task.repository.id,
      threadNumber: task.thread.number,
      userId: task.requestedBy.id,
      state: task.state,
      epoch: task.epoch,
      wait: task.wait,
      leased: task.lease !== null,
      finished: task.finishedAt !== null,
      budgetNano: task.budgetNano,
      settledNano: task.spentNano,
      heldNano,
      revision: task.revision,
      cursorRevision: task.revision,
    })),
    attempts: [...state.attempts.values()].map(({ attempt, open, scopeKeys }) => ({
      taskId: attempt.taskId,
      epoch: attempt.epoch,
      budgetNano: attempt.budgetNano,
      spentNano: attempt.spentNano,
      inflightNano: attempt.inflightNano,
      open,
      ended: attempt.endedAt !== null,
      scopeKeys,
    })),
    ledger: [...state.ledger.values()],
    lanes,
    slots,
    scopes: state.scopes,
  };
}
