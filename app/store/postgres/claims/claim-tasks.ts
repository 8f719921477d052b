import { decideLimits, type Refusal } from '../../../budget/decide-limits.ts';
import { lowerLimits } from '../../../budget/lower-limits.ts';
import { budgetScopes, scopeKey, type ScopeState } from '../../../budget/scopes.ts';
import type { Task } from '../../../task/task.ts';
import type { Claimed, Claimer } from '../../stores.ts';
import { neededNano, slotFactsOf, slotScopesOf } from '../../rules/task-facts.ts';
import { toTask, type TaskRow } from '../rows/task-row.ts';
import type { WakingDatabase, WakingQueryable } from '../waking-database.ts';
import { pickHeads, type HeadRow } from './pick-heads.ts';
import { startTasks, type Grant, type LeasingClaimer } from './start-tasks.ts';
import { decidePark } from '../../rules/decide-park.ts';
import { wakeBlocked } from '../changes/wake-blocked.ts';
import { writeTask } from '../changes/write-task.ts';

/** How often a lane that counts tasks but shows none is asked again, before the other lanes. */
const MOST_EMPTY = 3;

interface Round {
  readonly claimed: readonly Claimed[];
  /** Lanes that counted a task and showed none: someone takes it out of the queue at this moment. */
  readonly emptyLanes: readonly number[];
  /** Whether heads were looked at and none could start; the ones behind them may. */
  readonly again: boolean;
}

/**
 * Claims the heads of the next lanes, round robin, at most `max`; see `lock-task.ts` for the order of its locks. The server's
 * slot row is taken first, so claims follow each other and need no other lock on slots and budgets; a server without a
 * free slot, or without a lane that has something to give, is left untouched. Asks again until something could start
 * or nothing is left to look at.
 */
export async function claimTasks(
  database: WakingDatabase,
  by: LeasingClaimer,
  max: number,
): Promise<readonly Claimed[]> {
  const emptyTries = new Map<number, number>();
  for (;;) {
    const excluded = [...emptyTries].filter(([, tries]) => tries >= MOST_EMPTY).map(([id]) => id);
    const round = await database.transaction((tx) => claimRound(tx, by, { max, excluded }));
    if (round.claimed.length > 0 || !round.again) {
      return round.claimed;
    }
    round.emptyLanes.forEach((id) => emptyTries.set(id, (emptyTries.get(id) ?? 0) + 1));
  }
}

async function claimRound(
  tx: WakingQueryable,
  by: LeasingClaimer,
  pick: { max: number; excluded: readonly number[] },
): Promise<Round> {
  const { free, heads } = await pickHeads(tx, by, pick);
  const emptyLanes = heads.filter(({ id }) => id === null).map((head) => head.lane_id);
  const round = decideRound(heads, by, Math.min(free, pick.max));
  const claimed = round.grants.length === 0 ? [] : await startTasks(tx, by, round.grants);
  for (const { task, refusal } of round.parked) {
    await parkTask(tx, { task, refusal, now: by.now });
  }
  return { claimed, emptyLanes, again: free > 0 && heads.length > 0 };
}

/** Which heads start and which a limit stops, each counting those before it. */
function decideRound(
  heads: readonly HeadRow[],
  by: Claimer,
  room: number,
): { readonly grants: readonly Grant[]; readonly parked: readonly { task: Task; refusal: Refusal }[] } {
  const grants: Grant[] = [];
  const parked: { task: Task; refusal: Refusal }[] = [];
  const started = new Map<string, number>();
  function count(key: string, amount: number): void {
    started.set(key, (started.get(key) ?? 0) + amount);
  }
  for (const head of heads) {
    if (grants.length === room) {
      break;
    }
    if (head.id === null) {
      continue;
    }
    const task = toTask(head as TaskRow);
    const user = `user:${task.requestedBy.id}`;
    const needed = neededNano(task, head.held_nano);
    const scopes = readScopes(task, by, head.budgets).map((scope) => ({
      ...scope,
      reservedNano: scope.reservedNano + (started.get(scopeKey(scope)) ?? 0),
    }));
    const decision = decideLimits({
      now: by.now,
      slots: slotFactsOf(task, {
        userRunning: head.user_running + (started.get(user) ?? 0),
        repositoryRunning: head.lane_running,
        userLimit: by.limits.concurrency.user,
      }),
      scopes,
      neededNano: needed,
    });
    if (decision.start) {
      grants.push({ task, scopes });
      count(user, 1);
      scopes.forEach((scope) => count(scopeKey(scope), needed));
    } else {
      parked.push({ task, refusal: decision });
    }
  }
  return { grants, parked };
}

function readScopes(task: Task, by: Claimer, budgets: HeadRow['budgets']): ScopeState[] {
  const limits = lowerLimits(by.limits.budgets, task.settings.limits ?? null);
  const scopes = budgetScopes({ repositoryId: task.repository.id, now: by.now, limits });
  return scopes.map((scope) => {
    const kept = budgets?.[scopeKey(scope)];
    return { ...scope, reservedNano: kept?.reserved ?? 0, spentNano: kept?.spent ?? 0 };
  });
}

/**
 * Takes the head of a lane out of the queue until the limit that stopped it is freed. One that waits for money leaves
 * the slot of its requester to their next task.
 */
async function parkTask(tx: WakingQueryable, park: { task: Task; refusal: Refusal; now: Date }): Promise<void> {
  const { task, refusal, now } = park;
  await writeTask(tx, { before: task, change: decidePark(task, refusal), at: now });
  if (refusal.reason === 'budget') {
    await wakeBlocked(tx, { slots: slotScopesOf(task), scopeKeys: [], now });
  }
}
