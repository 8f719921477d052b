import { randomUUID } from 'node:crypto';
import type { ModelPrice } from '../../../budget/prices.ts';
import type { DoorSession, Drawn } from '../../../store/stores.ts';
import type { NanoUsd } from '../../../task/task.ts';
import type { AttemptMemory } from '../../attempt-memory.ts';
import { refuseStale, storeUnavailable } from '../../authenticate.ts';
import type { Log } from '../../../task/ports/log.ts';
import type { DoorAttempts } from '../../door-options.ts';
import { refuse } from '../../refusal.ts';
import type { Checked } from '../../refusal.ts';
import { wrapUpSlice } from '../../wrap-up.ts';
import { boundRequest, boundTotal, fitOutput } from './bound-request.ts';
import type { RequestBound } from './bound-request.ts';
import type { ModelRequest } from '../dialect.ts';

/** Money reserved for one request. */
export interface Reservation {
  readonly requestId: string;
  readonly upperNano: NanoUsd;
  readonly inputNano: NanoUsd;
  /** May be less than was asked for, so that the last money of a budget is of use. */
  readonly maxTokens: number;
  readonly leftNano: NanoUsd;
}

export interface ReserveRequest {
  readonly session: DoorSession;
  readonly memory: AttemptMemory;
  readonly asked: ModelRequest;
  readonly price: ModelPrice;
  readonly maxTokens: number;
  readonly minOutputTokens: number;
  readonly now: Date;
  /** The provider's count of the prompt, or null when it gives none; costs nothing but time. */
  readonly countTokens: () => Promise<number | null>;
  /** Name of who serves it, for the ledger. */
  readonly provider: string;
}

/**
 * Sets the upper bound of a request aside before it is forwarded (L6). When it does not fit, in this order: settlements of
 * this attempt that are under way are waited for; the prompt is counted instead of bounded by its bytes; `max_tokens` is
 * lowered. Only then it is refused, with 403 and not 429: an SDK would repeat a 429 until its timeout.
 */
export async function reserve(
  request: ReserveRequest,
  { attempts, log }: { attempts: Pick<DoorAttempts, 'draw'>; log: Log },
): Promise<Checked<Reservation>> {
  const { session, memory, asked, price, maxTokens } = request;
  const budgetNano = session.attempt.budgetNano;
  const keepNano = memory.askedToWrapUp ? 0 : wrapUpSlice(budgetNano);
  let bound = boundRequest(price, asked.prompt);

  function draw(outputTokens: number): Promise<Tried> {
    return tryDraw(attempts, request, { bound, outputTokens, keepNano });
  }

  try {
    let tried = await draw(maxTokens);
    if (isRefusedForMoney(tried.drawn) && memory.settling.size > 0) {
      await Promise.all(memory.settling);
      tried = await draw(maxTokens);
    }
    if (isRefusedForMoney(tried.drawn) && mayHelpToCount(tried.drawn.leftNano - keepNano, request)) {
      const countedTokens = await request.countTokens();
      if (countedTokens !== null) {
        bound = boundRequest(price, asked.prompt, countedTokens);
        tried = await draw(maxTokens);
      }
    }
    if (isRefusedForMoney(tried.drawn)) {
      const usableNano = tried.drawn.leftNano - keepNano;
      const fits = fitOutput(bound, { usableNano, wanted: maxTokens, least: request.minOutputTokens });
      tried = fits === null ? tried : await draw(fits);
    }
    if (tried.drawn.drawn) {
      return { ok: true, value: { ...tried.reservation, leftNano: tried.drawn.leftNano } };
    }
    return tried.drawn.why === 'stale' ? refuseStale() : refuseForMoney(request, { bound, keepNano, ...tried.drawn });
  } catch (error) {
    return storeUnavailable(log, error);
  }
}

type MoneyRefusal = Extract<Drawn, { drawn: false; leftNano: NanoUsd }>;

interface Tried {
  readonly drawn: Drawn;
  readonly reservation: Omit<Reservation, 'leftNano'>;
}

async function tryDraw(
  attempts: Pick<DoorAttempts, 'draw'>,
  request: ReserveRequest,
  { bound, outputTokens, keepNano }: { bound: RequestBound; outputTokens: number; keepNano: NanoUsd },
): Promise<Tried> {
  const { task, attempt } = request.session;
  const requestId = randomUUID();
  const upperNano = boundTotal(bound, outputTokens);
  const drawn = await attempts.draw({
    taskId: task.id,
    epoch: attempt.epoch,
    requestId,
    provider: request.provider,
    model: request.asked.model,
    upperNano,
    keepNano,
    now: request.now,
  });
  return { drawn, reservation: { requestId, upperNano, inputNano: bound.inputNano, maxTokens: outputTokens } };
}

function isRefusedForMoney(drawn: Drawn): drawn is MoneyRefusal {
  return !drawn.drawn && drawn.why !== 'stale';
}

/** A token of text is hardly ever longer than twelve bytes, so a count cannot bring the prompt below that. */
function mayHelpToCount(usableNano: NanoUsd, { asked, price }: ReserveRequest): boolean {
  const text = Math.max(0, asked.prompt.bytes - asked.prompt.imageBytes);
  return usableNano > (text / 12) * price.input;
}

function refuseForMoney(
  { memory, maxTokens, minOutputTokens }: ReserveRequest,
  facts: { bound: RequestBound; keepNano: NanoUsd; leftNano: NanoUsd },
): ReturnType<typeof refuse> {
  const fits = fitOutput(facts.bound, { usableNano: facts.leftNano, wanted: maxTokens, least: minOutputTokens });
  if (facts.keepNano === 0 || fits === null) {
    return refuse(
      'BUDGET_EXHAUSTED',
      'The budget of this task does not cover another request. Commit and push the work so far, then finish.',
    );
  }
  // While other requests hold money, its lack may pass; the slice stays closed until this one alone meets it
  memory.askedToWrapUp ||= memory.model.active <= 1;
  return refuse(
    'BUDGET_WRAP_UP',
    'Only the budget reserved for wrapping up is left. Finish now with short requests: commit, push, summarize.',
  );
}
