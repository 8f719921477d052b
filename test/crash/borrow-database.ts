import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';
import type { LentDatabase } from '../support/test-databases.ts';

/** Runs `use` with a migrated database of its own from the databases, and gives it back. */
export async function borrowDatabase<T>(
  deskUrl: string,
  use: (connection: PostgresConnection) => Promise<T>,
): Promise<T> {
  const db = (await (await fetch(deskUrl, { method: 'POST' })).json()) as LentDatabase;
  try {
    return await use(db.connection);
  } finally {
    await fetch(deskUrl + db.name, { method: 'DELETE' });
  }
}
