import { Probot } from 'probot';
import { RetryLater } from '../admission/retry-later.ts';
import type { Incoming } from '../admission/incoming.ts';
import type { Queue, Receipt } from '../queue/queue.ts';
import { withExtension } from '../queue/with-extension.ts';
import { DatabaseError } from '../store/database.ts';
import type { InboxStore, TakenDelivery } from '../store/stores.ts';
import type { Clock } from '../task/clock.ts';
import type { Logger } from '../telemetry/log.ts';
import { readIncoming } from './read-incoming.ts';
import { InstallationPayload, RepositoryOfPayload } from './payloads.ts';

/** How often a delivery may take its router down before it is parked with its evidence. */
const MAX_TAKES = 3;
/** As long as what a router took stays hidden from others should it die; a second carrying-out changes nothing. */
const LEASE_MS = 30_000;
const BATCH = 20;
const OUTAGE_PAUSE_MS = 5_000;

export interface RouterOptions {
  readonly inbox: InboxStore;
  readonly queue: Pick<Queue, 'receive'>;
  readonly appId: number;
  readonly privateKey: string;
  readonly apiUrl: string;
  readonly onIncoming: (incoming: Incoming, deliveryId: string) => Promise<string>;
  readonly onInstallationGone: (installationId: number) => Promise<string>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Probot when absent; replaced in simulation, where nothing may wait for anything real. */
  readonly dispatcher?: Dispatcher;
  readonly onRouted?: (delivery: {
    id: string;
    event: string;
    note: string;
    result: 'handled' | 'ignored' | 'parked';
    receivedAt: Date;
  }) => void;
}

/** Hands an event to the handler of its name; what that throws comes out, alone or in an aggregate. */
export type Dispatcher = Pick<Probot, 'on' | 'receive'>;

export interface Router {
  start(): void;
  stop(): Promise<void>;
  /** Routes what is there now; resolves with how many. */
  drain(): Promise<number>;
}

const ORDER_EVENTS = [
  'issue_comment',
  'issues',
  'pull_request_review',
  'pull_request_review_comment',
  'check_run',
] as const;
const GONE_EVENTS = ['installation.deleted', 'installation.suspend'] as const;

/**
 * Routes recorded deliveries through `probot.receive`, outside the webhook request. A delivery whose handling has to
 * wait for GitHub is put back; one that fails three times is parked, and the others continue.
 */
export function createRouter(options: RouterOptions): Router {
  const probot = options.dispatcher ?? createProbot(options);
  const notes = new Map<string, string>();
  const takenAgain = new Set<string>();
  const closing = new AbortController();
  let running: Promise<void> = Promise.resolve();

  for (const name of ORDER_EVENTS) {
    probot.on(name, async (context) => {
      const read = readIncoming({ name: context.name, payload: context.payload }, { appId: options.appId });
      if (read.kind !== 'incoming') {
        notes.set(context.id, `ignored: ${read.why}`);
        return;
      }
      const incoming = takenAgain.has(context.id) ? { ...read.incoming, again: true as const } : read.incoming;
      notes.set(context.id, await options.onIncoming(incoming, context.id));
    });
  }
  for (const name of GONE_EVENTS) {
    probot.on(name, async (context) => {
      const gone = InstallationPayload.parse(context.payload);
      notes.set(context.id, await options.onInstallationGone(gone.installation.id));
    });
  }

  /** What people did on one repository is carried out in the order they did it; repositories do not wait for each other. */
  async function routeInOrder(taken: readonly TakenDelivery[]): Promise<void> {
    const rows = new Map<string, { delivery: TakenDelivery; payload: unknown }[]>();
    for (const delivery of taken) {
      const payload = readPayload(delivery);
      const key = repositoryOf(payload) ?? delivery.id;
      rows.set(key, [...(rows.get(key) ?? []), { delivery, payload }]);
    }
    await Promise.all(
      [...rows.values()].map(async (row) => {
        for (const { delivery, payload } of row) {
          await route(delivery, payload);
        }
      }),
    );
  }

  async function route(delivery: TakenDelivery, payload: unknown): Promise<void> {
    const { inbox, clock, log } = options;
    try {
      if (payload instanceof SyntaxError) {
        throw payload;
      }
      if (delivery.takes > 1) {
        takenAgain.add(delivery.id);
      }
      // The payload's type follows from the event name, which only GitHub can vouch for; handlers parse what they use.
      await probot.receive({ id: delivery.id, name: delivery.event, payload } as Parameters<typeof probot.receive>[0]);
      const note = notes.get(delivery.id) ?? 'ignored: no handler';
      await inbox.settle(delivery.id, { now: clock.now(), note });
      options.onRouted?.({
        id: delivery.id,
        event: delivery.event,
        note,
        result: note.startsWith('ignored') ? 'ignored' : 'handled',
        receivedAt: delivery.receivedAt,
      });
      log.debug('A delivery was routed', { deliveryId: delivery.id, event: delivery.event });
    } catch (error) {
      await setAside(delivery, error);
    } finally {
      notes.delete(delivery.id);
      takenAgain.delete(delivery.id);
    }
  }

  async function setAside(delivery: TakenDelivery, error: unknown): Promise<void> {
    const { inbox, clock, log } = options;
    const now = clock.now();
    const later = findRetryLater(error) ?? findOutage(error, now);
    if (later !== null) {
      await inbox.defer(delivery.id, { now, until: later.at, note: later.message });
      return;
    }
    log.error('A delivery could not be routed', {
      err: error,
      deliveryId: delivery.id,
      event: delivery.event,
      takes: delivery.takes,
    });
    if (delivery.takes >= MAX_TAKES || error instanceof SyntaxError) {
      const note = error instanceof Error ? error.message : String(error);
      await inbox.park(delivery.id, { now, error: note });
      const { event, id, receivedAt } = delivery;
      options.onRouted?.({ id, event, note, result: 'parked', receivedAt });
    }
  }

  async function drain(): Promise<number> {
    let routed = 0;
    while (!closing.signal.aborted) {
      const taken = await options.inbox.take({ max: BATCH, now: options.clock.now(), leaseMs: LEASE_MS });
      await routeInOrder(taken);
      routed += taken.length;
      if (taken.length === 0) {
        return routed;
      }
    }
    return routed;
  }

  async function loop(): Promise<void> {
    let receipts: readonly Receipt[] = [];
    while (!closing.signal.aborted) {
      try {
        await withExtension(receipts, drain);
        receipts = await options.queue.receive({ kinds: ['inbox'], max: 100, signal: closing.signal });
      } catch (error) {
        options.log.error('Routing failed; trying again', { err: error });
        receipts = [];
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      }
    }
  }

  return {
    start() {
      running = loop();
    },
    async stop() {
      closing.abort();
      await running;
    },
    drain,
  };
}

function createProbot(options: Pick<RouterOptions, 'appId' | 'privateKey' | 'apiUrl'>): Dispatcher {
  return new Probot({
    appId: options.appId,
    privateKey: options.privateKey,
    // Signatures were checked on the raw bytes before the row was written; Probot insists on a secret of its own.
    secret: 'verified-before-recording',
    baseUrl: options.apiUrl,
    logLevel: 'fatal',
  });
}

/** The body as a value, or the error that it is not JSON. */
function readPayload(delivery: TakenDelivery): unknown {
  try {
    return JSON.parse(Buffer.from(delivery.body).toString()) as unknown;
  } catch (error) {
    return error;
  }
}

function repositoryOf(payload: unknown): string | null {
  const parsed = RepositoryOfPayload.safeParse(payload);
  return parsed.success ? String(parsed.data.repository.id) : null;
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
