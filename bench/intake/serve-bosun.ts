import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createReadiness } from '../../app/dashboard/health.ts';
import { createStatus } from '../../app/dashboard/create-status.ts';
import { createWebhookReceiver } from '../../app/intake/receive-webhook.ts';
import { systemClock } from '../../app/main/system.ts';
import { createPostgresStores } from '../../app/store/postgres/create-postgres-stores.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import { createMetrics } from '../../app/telemetry/metrics.ts';
import { routeDeliveries } from '../ingress/route-deliveries.ts';
import { WEBHOOK_PATH, type ServerAddress, type ServerPlan } from './server-plan.ts';

/**
 * Bosun's receiver behind its own HTTP server, wired as `app/main/start-web.ts` does it: dashboard beside it, metrics
 * fed. The router runs only where asked, so that the other two servers are not compared with one that does more.
 */
export const serveBosun = {
  async start(plan: ServerPlan): Promise<ServerAddress> {
    const database = await createPostgresDatabase({ connection: plan.connection, maxConnections: plan.connections });
    const { inbox, keys, pause, tasks } = createPostgresStores({ database });
    if (plan.routed === true) {
      routeDeliveries(database, inbox);
    }
    const metrics = createMetrics({
      now: systemClock.now,
      readFacts: () => Promise.reject(new Error('nobody asks for metrics here')),
    });
    const receive = createWebhookReceiver({
      inbox,
      secrets: [plan.secret],
      clock: systemClock,
      onAnswer: (answer) => metrics.webhookAnswered(answer),
      onError: (error) => process.stderr.write(`A delivery could not be recorded: ${String(error)}\n`),
    });
    const dashboard = createStatus({
      metricsToken: null,
      readReadiness: createReadiness({
        inbox,
        tasks,
        keys,
        clock: systemClock,
        pool: () => database.pool(),
        pause,
        readNotices: () => ({ problem: null, notes: [] }),
      }),
      tasks,
      version: 'bench',
    });
    const server = createServer({ requestTimeout: 60_000, headersTimeout: 15_000 }, (request, response) => {
      const path = (request.url ?? '/').split('?')[0];
      const answered =
        path === WEBHOOK_PATH ? receive(request, response).then(() => true) : dashboard(request, response);
      answered.catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { port: (server.address() as AddressInfo).port };
  },
  usage: async (): Promise<NodeJS.CpuUsage> => process.cpuUsage(),
};
