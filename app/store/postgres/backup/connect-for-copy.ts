import { Client } from 'pg';

import { toDriverAddress, type PostgresConnection } from '../driver/connection-settings.ts';

/** The name of these sessions in `pg_stat_activity`, by which a restore distinguishes them from a Bosun that runs. */
export const COPY_SESSION = 'bosun copy';

/** A session of its own for `COPY`, bound by no timeout: a slow disk or pipe may take its time. Rolls back when `work` throws. */
export async function withCopySession<T>(
  connection: PostgresConnection,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = new Client({
    ...toDriverAddress(connection),
    application_name: COPY_SESSION,
    connectionTimeoutMillis: 10_000,
    statement_timeout: 0,
    idle_in_transaction_session_timeout: 0,
    keepAlive: true,
  });
  // What breaks the connection is thrown by the statement under way; unheard, it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    // Ending a session rolls back what it has open.
    await client.end().catch(() => undefined);
  }
}
