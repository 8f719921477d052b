import { RetryLater } from '../admission/retry-later.ts';
import { DatabaseError } from '../store/database.ts';
import type { InboxStore, TakenDelivery } from '../store/stores.ts';
import type { Clock } from '../task/clock.ts';
import type { Logger } from '../telemetry/log.ts';

/** How often a delivery may take its router down before it is parked with its evidence. */
const MAX_TAKES = 3;
const OUTAGE_PAUSE_MS = 5_000;

export interface RoutedDelivery {
  readonly id: string;
  readonly event: string;
  readonly note: string;
  readonly result: 'handled' | 'ignored' | 'parked';
  readonly receivedAt: Date;
}

export interface RouteContext {
  readonly inbox: InboxStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Resolves with what became of the delivery. */
  readonly dispatch: (delivery: TakenDelivery, payload: unknown) => Promise<string>;
  readonly onRouted?: (delivery: RoutedDelivery) => void;
}

/**
 * Routes one delivery and settles its row. One that has to wait for GitHub or the database is deferred; one that fails
 * three times, or can never be read, is parked.
 */
export async function routeDelivery(delivery: TakenDelivery, payload: unknown, context: RouteContext): Promise<void> {
  const { inbox, clock, log } = context;
  const { event, id, receivedAt, takes } = delivery;
  try {
    if (payload instanceof SyntaxError) {
      throw payload;
    }
    const note = await context.dispatch(delivery, payload);
    await inbox.settle(id, { now: clock.now(), note });
    const result = note.startsWith('ignored') ? 'ignored' : 'handled';
    context.onRouted?.({ id, event, note, result, receivedAt });
    log.debug('A delivery was routed', { deliveryId: id, event });
  } catch (error) {
    const now = clock.now();
    const later = findRetryLater(error) ?? findOutage(error, now);
    if (later !== null) {
      await inbox.defer(id, { now, until: later.at, note: later.message });
      return;
    }
    log.error('A delivery could not be routed', { err: error, deliveryId: id, event, takes });
    if (takes >= MAX_TAKES || error instanceof SyntaxError) {
      const note = error instanceof Error ? error.message : String(error);
      await inbox.park(id, { now, error: note });
      context.onRouted?.({ id, event, note, result: 'parked', receivedAt });
    }
  }
}

function findRetryLater(error: unknown): RetryLater | null {
  return findError(error, (one): one is RetryLater => one instanceof RetryLater);
}

/** A database that was unreachable is no fault of the delivery. */
function findOutage(error: unknown, now: Date): RetryLater | null {
  const lost = findError(error, (one): one is DatabaseError => one instanceof DatabaseError && one.unavailable);
  return lost === null ? null : new RetryLater(lost.message, new Date(now.getTime() + OUTAGE_PAUSE_MS));
}

/** Probot gathers what handlers throw into an aggregate, and errors have causes. */
function findError<Wanted extends Error>(error: unknown, isWanted: (one: unknown) => one is Wanted): Wanted | null {
  if (isWanted(error)) {
    return error;
  }
  if (error instanceof AggregateError) {
    return error.errors.map((one) => findError(one, isWanted)).find((found) => found !== null) ?? null;
  }
  return error instanceof Error && error.cause !== undefined ? findError(error.cause, isWanted) : null;
}
