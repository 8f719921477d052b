import { generateKeyPairSync } from 'node:crypto';
import { createRouter, type Router } from '../../app/intake/router.ts';
import { systemClock } from '../../app/main/system.ts';
import { createTableQueue } from '../../app/queue/table-queue.ts';
import type { Database } from '../../app/store/database.ts';
import type { InboxStore } from '../../app/store/stores.ts';
import { createLogger } from '../../app/telemetry/log.ts';

/** Starts the router over the inbox as `bosun start` does; what would be done about a command takes no time. */
export function routeDeliveries(database: Database, inbox: InboxStore): Router {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  const router = createRouter({
    inbox,
    queue: createTableQueue({ database, clock: systemClock, nextWakeAt: () => inbox.nextDueAt() }),
    appId: 1,
    privateKey,
    apiUrl: 'http://127.0.0.1:9',
    onIncoming: async () => 'measured',
    onInstallationGone: async () => 'measured',
    clock: systemClock,
    log: createLogger({ level: 'error', redact: (text) => text, destination: process.stderr }),
  });
  router.start();
  return router;
}
