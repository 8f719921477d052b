import type { GitHubApp } from '../../../app/github/github.ts';
import type { Delivery } from '../../../app/store/stores.ts';
import type { Sim } from '../engine/sim.ts';

/** Takes a delivery in; false when it was not answered with 2xx. */
export type Receiver = (delivery: Omit<Delivery, 'receivedAt'>) => Promise<boolean>;

interface Sent {
  readonly id: number;
  readonly guid: string;
  readonly event: string;
  readonly payload: unknown;
  readonly deliveredAt: number;
  arrived: boolean;
}

export interface Deliveries {
  send(event: string, payload: unknown): void;
  readonly sent: readonly Sent[];
  /** What the App may ask about them. */
  readonly app: Pick<GitHubApp, 'fetchFailedDeliveries' | 'fetchDelivery'>;
}

/**
 * GitHub's webhooks: each is sent once, late and in any order, and recorded as failed when nobody answered. Some are
 * lost on the way, some come twice, and some are replayed by somebody under another id.
 */
export function createDeliveries(sim: Sim, receiver: () => Receiver | null): Deliveries {
  const chance = sim.chance.stream('deliveries');
  const sent: Sent[] = [];

  async function deliver(one: Sent, guid: string): Promise<void> {
    const receive = receiver();
    const isLost = !sim.isQuiet() && chance.happens(sim.profile.deliveryLost);
    if (isLost || receive === null) {
      sim.count('fault: delivery lost');
      return;
    }
    const body = Buffer.from(JSON.stringify(one.payload));
    // Ten seconds without an answer are a failure to GitHub, whatever becomes of it.
    const late = sim.time.sleep(10_000).then(() => false);
    if (await Promise.race([receive({ id: guid, event: one.event, body }), late])) {
      one.arrived ||= guid === one.guid;
    }
  }

  return {
    sent,
    send(event, payload) {
      const number = sent.length + 1;
      const one = { id: number, guid: `guid-${number}`, event, payload, deliveredAt: sim.time.now(), arrived: false };
      sent.push(one);
      const after = (ms: number, guid: string) => sim.time.at(sim.time.now() + ms, () => void deliver(one, guid), null);
      after(chance.between(100, chance.happens(0.1) ? 600_000 : 3_000), one.guid);
      if (chance.happens(sim.profile.deliveryTwice)) {
        sim.count('fault: delivery twice');
        after(chance.between(100, 900_000), one.guid);
      }
      if (chance.happens(sim.profile.deliveryTwice / 2)) {
        sim.count('fault: delivery replayed');
        after(chance.between(100, 7_200_000), `replay-${number}`);
      }
    },
    app: {
      fetchFailedDeliveries: async (since) => ({
        ok: true,
        value: sent
          .filter(
            (one) => !one.arrived && one.deliveredAt >= since.getTime() && one.deliveredAt < sim.time.now() - 15_000,
          )
          .map(({ deliveredAt, event, guid, id }) => ({
            guid,
            id,
            event,
            status: 0,
            deliveredAt: new Date(deliveredAt),
          })),
      }),
      fetchDelivery: async (id) => {
        const one = sent[Number(id) - 1];
        return one === undefined
          ? { ok: false, problem: { kind: 'not_found', status: 404, message: 'forgotten', retryAt: null } }
          : { ok: true, value: { guid: one.guid, event: one.event, payload: one.payload } };
      },
    },
  };
}
