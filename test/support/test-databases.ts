import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';
import type { Database } from '../../app/store/database.ts';
import { migrate } from '../../app/store/postgres/migrate.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import { startThrowawayServer } from './throwaway-server.ts';

export interface LentDatabase {
  readonly name: string;
  readonly connection: PostgresConnection;
}

interface Counter {
  lend(request: { empty: boolean }): Promise<LentDatabase>;
  take(name: string): Promise<void>;
  close(): Promise<string[]>;
}

/**
 * Lends databases to test files over HTTP: `POST /` clones a migrated template (`POST /empty` gives a bare one) and
 * `DELETE /<name>` drops it. Nothing is started before the first request.
 */
export async function serveDatabases(options: { serverUrl: string | undefined }) {
  let counter: Promise<Counter> | null = null;

  async function answer(request: IncomingMessage): Promise<string> {
    await text(request);
    counter ??= openCounter(options.serverUrl);
    const databases = await counter;
    if (request.method === 'DELETE') {
      await databases.take((request.url ?? '').slice(1));
      return '';
    }
    return JSON.stringify(await databases.lend({ empty: request.url === '/empty' }));
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (body) => response.end(body),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.stack : String(error)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    url: `http://127.0.0.1:${port}/`,
    /** Resolves with the names of the databases that were not given back. */
    close: async (): Promise<string[]> => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      const opened = await counter?.catch(() => null);
      return (await opened?.close()) ?? [];
    },
  };
}

async function openCounter(serverUrl: string | undefined): Promise<Counter> {
  const server = serverUrl === undefined ? await startThrowawayServer() : externalServer(serverUrl);
  const admin = await createPostgresDatabase({ connection: server.connectionTo(null), maxConnections: 4 });
  const run = randomBytes(4).toString('hex');
  const template = `bosun_test_${run}_template`;
  const db = new Set<string>();
  let ready: Promise<void> | null = null;

  async function makeTemplate(): Promise<void> {
    await admin.query({ text: `create database ${template}` });
    const database = await createPostgresDatabase({ connection: server.connectionTo(template), maxConnections: 1 });
    try {
      await migrate(database);
    } finally {
      await database.close();
    }
  }

  return {
    lend: async ({ empty }) => {
      if (!empty) {
        await (ready ??= makeTemplate());
      }
      const name = `bosun_test_${run}_${db.size}_${randomBytes(3).toString('hex')}`;
      await admin.query({ text: `create database ${name} template ${empty ? 'template0' : template}` });
      db.add(name);
      return { name, connection: server.connectionTo(name) };
    },
    take: async (name) => {
      if (db.delete(name)) {
        await drop(admin, name);
      }
    },
    close: async () => {
      const left = [...db];
      if (!server.throwaway) {
        for (const name of [...left, template]) {
          await drop(admin, name);
        }
      }
      await admin.close();
      await server.stop();
      return left;
    },
  };
}

async function drop(admin: Database, name: string): Promise<void> {
  await admin.query({ text: `drop database if exists ${name} with (force)` });
}

function externalServer(serverUrl: string) {
  return {
    throwaway: false,
    connectionTo: (database: string | null): PostgresConnection => {
      const url = new URL(serverUrl);
      if (database !== null) {
        url.pathname = `/${database}`;
      }
      return { url: url.href };
    },
    stop: async () => undefined,
  };
}
