import { randomUUID } from 'node:crypto';
import { Agent, request as openRequest } from 'node:http';
import { makeDelivery, type SignedDelivery } from './make-delivery.ts';
import { WEBHOOK_PATH } from './server-plan.ts';

export interface ClosedPlan {
  readonly port: number;
  /** Each sends its next delivery when the last was answered. */
  readonly callers: number;
  readonly count: number;
}

export interface OpenPlan {
  readonly port: number;
  readonly perSecond: number;
  readonly count: number;
}

export interface Load {
  /** Of the whole round. */
  readonly elapsedMs: number;
  /** One for each delivery, answered with 202; anything else fails the round. */
  readonly latenciesMs: Float64Array;
}

/** Sends signed deliveries over kept connections, each with an id of its own. */
export const generateLoad = {
  /** Closed loop: as fast as the callers get their answers. */
  async closed(plan: ClosedPlan): Promise<Load> {
    const post = createSender(plan.port, plan.callers);
    const latenciesMs = new Float64Array(plan.count);
    let next = 0;
    const startedAt = performance.now();
    async function caller(): Promise<void> {
      while (next < plan.count) {
        const index = next;
        next += 1;
        const sentAt = performance.now();
        await post.send();
        latenciesMs[index] = performance.now() - sentAt;
      }
    }
    await Promise.all(Array.from({ length: plan.callers }, caller));
    const elapsedMs = performance.now() - startedAt;
    post.close();
    return { elapsedMs, latenciesMs };
  },

  /** Open loop: deliveries come at a fixed rate whatever the server does; a late start counts as latency. */
  async open(plan: OpenPlan): Promise<Load> {
    const post = createSender(plan.port, 512);
    const latenciesMs = new Float64Array(plan.count);
    const under: Promise<void>[] = [];
    const startedAt = performance.now();
    async function sendOne(index: number): Promise<void> {
      await post.send();
      latenciesMs[index] = performance.now() - (startedAt + (index * 1_000) / plan.perSecond);
    }
    for (let index = 0; index < plan.count;) {
      const due = Math.min(plan.count, Math.floor(((performance.now() - startedAt) * plan.perSecond) / 1_000) + 1);
      for (; index < due; index += 1) {
        const sent = sendOne(index);
        // Heard below, when all are awaited; until then it must not count as unheard.
        sent.catch(() => undefined);
        under.push(sent);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(under);
    const elapsedMs = performance.now() - startedAt;
    post.close();
    return { elapsedMs, latenciesMs };
  },
};

function createSender(port: number, maxSockets: number): { send(): Promise<void>; close(): void } {
  const delivery = makeDelivery();
  const agent = new Agent({ keepAlive: true, maxSockets });
  return {
    send: () => send({ agent, port, delivery }),
    close: () => agent.destroy(),
  };
}

function send({ agent, port, delivery }: { agent: Agent; port: number; delivery: SignedDelivery }): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = openRequest(
      {
        agent,
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: WEBHOOK_PATH,
        headers: {
          'content-type': 'application/json',
          'content-length': delivery.body.length,
          'user-agent': 'GitHub-Hookshot/bench',
          'x-github-event': delivery.event,
          'x-github-delivery': randomUUID(),
          'x-hub-signature-256': delivery.signature,
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => {
          const { statusCode } = response;
          if (statusCode === 200 || statusCode === 202) {
            resolve();
          } else {
            reject(new Error(`A delivery was answered with ${statusCode}.`));
          }
        });
      },
    );
    request.on('error', reject);
    request.end(delivery.body);
  });
}
