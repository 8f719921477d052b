import { afterAll, beforeAll, inject } from 'vitest';

import type { Database } from '../../app/store/database.ts';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';
import { createPostgresDatabase } from '../../app/store/postgres/postgres-database.ts';
import type { LentDatabase } from './test-databases.ts';

export interface TestDatabase {
  /** A pool of many connections, open from the first `beforeAll` to the last `afterAll` of the file. */
  readonly database: Database;
  /** For tests that open a second pool, such as another process would. */
  readonly connection: PostgresConnection;
}

/**
 * Call at the top of a test file or a `describe`: gives it a PostgreSQL database of its own, migrated (or bare with
 * `empty`), and drops it at the end. Read the fields inside tests and hooks only.
 */
export function withDatabase(options: { empty?: true; maxConnections?: number } = {}): TestDatabase {
  let open: { db: LentDatabase; database: Database } | null = null;

  beforeAll(async () => {
    const db = (await ask('POST', options.empty ? 'empty' : '')) as LentDatabase;
    const database = await createPostgresDatabase({
      connection: db.connection,
      maxConnections: options.maxConnections ?? 20,
      applicationName: 'bosun test',
    });
    open = { db, database };
  });
  afterAll(async () => {
    await open?.database.close();
    if (open !== null) {
      await ask('DELETE', open.db.name);
    }
  });

  function current() {
    if (open === null) {
      throw new Error('The database of withDatabase is there in tests and hooks only.');
    }
    return open;
  }
  return {
    get database() {
      return current().database;
    },
    get connection() {
      return current().db.connection;
    },
  };
}

async function ask(method: string, path: string): Promise<unknown> {
  const response = await fetch(inject('databaseServer') + path, { method });
  const body = await response.text();
  if (!response.ok) {
    throw new Error(`The test database could not be had: ${body}`);
  }
  return body === '' ? null : (JSON.parse(body) as unknown);
}
