import type { ServerConfig } from '../config/server-config.ts';
import type { Queue } from '../queue/queue.ts';
import type { Artifacts } from '../store/artifacts.ts';
import type { Database } from '../store/database.ts';
import { startEmbeddedPostgres } from '../store/embedded/start-embedded-postgres.ts';
import { createPostgresStores } from '../store/postgres/create-postgres-stores.ts';
import { migrate } from '../store/postgres/migrate.ts';
import { createPostgresDatabase } from '../store/postgres/postgres-database.ts';
import type { Stores } from '../store/stores.ts';
import type { Logger } from '../telemetry/log.ts';
import { openArtifacts } from './storage/open-artifacts.ts';
import { openQueue } from './storage/open-queue.ts';
import { systemClock } from './system.ts';

export interface Storage {
  readonly database: Database;
  readonly stores: Stores;
  readonly queue: Queue;
  readonly artifacts: Artifacts;
  /** What the database is, for people. */
  readonly kind: 'embedded' | 'server';
  close(): Promise<void>;
}

const CONNECTIONS = 16;

/** Opens everything durable: the database (embedded, or by DATABASE_URL), its schema, the queue on it, the artifacts. */
export async function openStorage(
  config: ServerConfig['storage'],
  options: { log: Logger; onProgress?: (sentence: string) => void },
): Promise<Storage> {
  const artifacts = await openArtifacts(config, options);
  const { log } = options;
  const embedded =
    config.databaseUrl === null
      ? await startEmbeddedPostgres({
          dataDir: config.dataDir,
          log,
          ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
        })
      : null;
  try {
    const connection = embedded?.connection ?? { url: config.databaseUrl ?? '' };
    const database = await createPostgresDatabase({ connection, maxConnections: CONNECTIONS, log });
    const applied = await migrate(database);
    if (applied.length > 0) {
      options.log.info('The schema was migrated', { applied });
    }
    const { queue, wake } = await openQueue(config, { database, log, nextWakeAt });
    const stores = createPostgresStores({ database, wake });
    async function nextWakeAt(): Promise<Date | null> {
      const now = systemClock.now();
      return earliest([
        await stores.tasks.nextWakeAt(),
        await stores.reports.nextDueAt(now),
        await stores.outbox.nextDueAt(now),
        // Deliveries that wait until GitHub answers, or that a router took with it when it went.
        await stores.inbox.nextDueAt(),
      ]);
    }
    return {
      database,
      stores,
      queue,
      artifacts,
      kind: embedded === null ? 'server' : 'embedded',
      async close() {
        await queue.close();
        await database.close();
        await embedded?.stop();
      },
    };
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

function earliest(dates: readonly (Date | null)[]): Date | null {
  const times = dates.flatMap((date) => (date === null ? [] : [date.getTime()]));
  return times.length === 0 ? null : new Date(Math.min(...times));
}
