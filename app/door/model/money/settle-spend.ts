import { setTimeout as pause } from 'node:timers/promises';
import type { DoorSession } from '../../../store/stores.ts';
import type { Clock } from '../../../task/clock.ts';
import type { AttemptMemory } from '../../attempt-memory.ts';
import type { Log } from '../../../task/ports/log.ts';
import type { DoorAttempts } from '../../door-options.ts';
import { warningPercent } from '../../wrap-up.ts';
import type { Cost } from './decide-cost.ts';
import type { Reservation } from './reserve.ts';

const TRIES = 6;
const FIRST_PAUSE_MS = 200;

/**
 * Settles a reservation to its cost and passes on a crossed warning. Never throws: when the store stays unavailable the
 * reservation stands at its upper bound until `settleOrphans` finds it, so money is never counted too low.
 */
export function settleSpend(
  spend: { session: DoorSession; memory: AttemptMemory; reservation: Reservation; cost: Cost },
  tools: { attempts: Pick<DoorAttempts, 'settle' | 'warn'>; clock: Clock; log: Log },
): Promise<void> {
  const { memory, cost } = spend;
  // Before the store knows: a session read meanwhile then never makes the same money count twice
  memory.spentNano += cost.costNano;
  const settling = settleWithRetries({ ...spend, attempt: attemptOf(spend.session) }, tools)
    .then(() => warn(spend, tools))
    .catch((error: unknown) =>
      tools.log.error('door: a warning was not recorded', { err: error, ...attemptOf(spend.session) }),
    )
    .finally(() => memory.settling.delete(settling));
  memory.settling.add(settling);
  return settling;
}

/** What every line about it names. */
function attemptOf({ attempt, task }: DoorSession): { taskId: string; epoch: number } {
  return { taskId: task.id, epoch: attempt.epoch };
}

/** Settles one request, again and again while the store is unavailable; never throws. */
export async function settleWithRetries(
  {
    attempt,
    cost,
    reservation,
  }: {
    attempt: { taskId: string; epoch: number };
    cost: Cost;
    reservation: Pick<Reservation, 'requestId' | 'upperNano'>;
  },
  { attempts, clock, log }: { attempts: Pick<DoorAttempts, 'settle'>; clock: Clock; log: Log },
): Promise<void> {
  const fields = { ...attempt, requestId: reservation.requestId, costNano: cost.costNano };
  if (cost.costNano > reservation.upperNano) {
    log.warn('door: a request cost more than its upper bound', { ...fields, upperNano: reservation.upperNano });
  }
  for (let tries = 1; ; tries += 1) {
    try {
      await attempts.settle({ requestId: reservation.requestId, ...cost, now: clock.now() });
      return;
    } catch (error) {
      if (tries === TRIES) {
        log.error('door: a request stays settled at its upper bound', { ...fields, err: error });
        return;
      }
      await pause(FIRST_PAUSE_MS * 2 ** (tries - 1));
    }
  }
}

async function warn(
  { session, memory }: Parameters<typeof settleSpend>[0],
  { attempts, clock }: Parameters<typeof settleSpend>[1],
): Promise<void> {
  const percent = warningPercent({ budgetNano: session.attempt.budgetNano, spentNano: memory.spentNano });
  if (percent <= memory.warnedPercent || percent === 0) {
    return;
  }
  memory.warnedPercent = percent;
  await attempts.warn({ taskId: session.task.id, epoch: session.attempt.epoch, now: clock.now(), percent });
}
