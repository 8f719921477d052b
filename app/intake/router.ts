import type { Queue, Receipt } from '../queue/queue.ts';
import { withExtension } from '../queue/with-extension.ts';
import type { TakenDelivery } from '../store/stores.ts';
import { createDispatch, type DispatchOptions } from './dispatch-event.ts';
import { RepositoryOfPayload } from './payloads.ts';
import { routeDelivery, type RouteContext } from './route-delivery.ts';

/** How long what a router took stays hidden should it die; a delivery that is handled twice changes nothing. */
const LEASE_MS = 30_000;
const MAX_DELIVERIES = 20;
const ERROR_PAUSE_MS = 1_000;

export interface RouterOptions extends DispatchOptions, Omit<RouteContext, 'dispatch'> {
  readonly queue: Pick<Queue, 'receive'>;
}

/** Routes recorded deliveries outside the webhook request. */
export interface Router {
  start(): void;
  stop(): Promise<void>;
  /** Routes what is there now; resolves with how many. */
  drain(): Promise<number>;
}

export function createRouter(options: RouterOptions): Router {
  const context: RouteContext = { ...options, dispatch: createDispatch(options) };
  const closing = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function drain(): Promise<number> {
    let routed = 0;
    while (!closing.signal.aborted) {
      const now = options.clock.now();
      const taken = await options.inbox.take({ max: MAX_DELIVERIES, now, leaseMs: LEASE_MS });
      await Promise.all(groupByRepository(taken).map((group) => routeInOrder(group, context)));
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
        await new Promise((resolve) => setTimeout(resolve, ERROR_PAUSE_MS));
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

interface ReadDelivery {
  readonly delivery: TakenDelivery;
  /** The error that it is not JSON, where it is not. */
  readonly payload: unknown;
}

/** What people did in one repository is handled in the order they did it; repositories do not wait for each other. */
function groupByRepository(taken: readonly TakenDelivery[]): ReadDelivery[][] {
  const groups = new Map<string, ReadDelivery[]>();
  for (const delivery of taken) {
    const payload = readPayload(delivery);
    const key = repositoryOf(payload) ?? delivery.id;
    groups.set(key, [...(groups.get(key) ?? []), { delivery, payload }]);
  }
  return [...groups.values()];
}

async function routeInOrder(group: readonly ReadDelivery[], context: RouteContext): Promise<void> {
  for (const { delivery, payload } of group) {
    await routeDelivery(delivery, payload, context);
  }
}

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
