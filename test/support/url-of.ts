import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';

/** A connection as `DATABASE_URL` has it. */
export function urlOf(connection: PostgresConnection): string {
  if ('url' in connection) {
    return connection.url;
  }
  const query = new URLSearchParams({
    host: connection.socketDirectory,
    port: String(connection.port),
    user: connection.user,
  });
  return `postgresql://localhost/${connection.database}?${query.toString()}`;
}
