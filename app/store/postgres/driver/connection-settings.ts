/** Where a PostgreSQL server is: a `postgres://` URL, or a Unix socket of the embedded one. Plain data, fit for JSON. */
export type PostgresConnection =
  | { readonly url: string }
  | {
      readonly socketDirectory: string;
      readonly port: number;
      readonly user: string;
      readonly database: string;
    };

export type DriverAddress =
  | { readonly connectionString: string }
  | {
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly database: string;
      readonly options: string;
    };

/** Every session counts days and prints times in UTC, whatever the server was set up with. */
const SESSION_OPTIONS = '-c TimeZone=UTC';

/**
 * What the driver connects with. `sslmode` in a URL means what it means to libpq (`require` encrypts, `verify-full`
 * checks the certificate and the name too), because that is what every hosting provider writes in its instructions.
 */
export function toDriverAddress(connection: PostgresConnection): DriverAddress {
  if (!('url' in connection)) {
    const { socketDirectory, port, user, database } = connection;
    return { host: socketDirectory, port, user, database, options: SESSION_OPTIONS };
  }
  const url = parseDatabaseUrl(connection.url);
  if (url.searchParams.has('sslmode') && !url.searchParams.has('uselibpqcompat')) {
    url.searchParams.set('uselibpqcompat', 'true');
  }
  const options = url.searchParams.get('options');
  url.searchParams.set('options', options === null ? SESSION_OPTIONS : `${options} ${SESSION_OPTIONS}`);
  // The driver reads `+` as a plus sign, not as the space it is in a query string.
  url.search = url.search.replaceAll('+', '%20');
  return { connectionString: url.href };
}

/** The URL without its password and parameters, for messages: `postgres://bosun@db.example.com:5432/bosun`. */
export function describeConnection(connection: PostgresConnection): string {
  if (!('url' in connection)) {
    return `the embedded database at ${connection.socketDirectory}`;
  }
  const url = parseDatabaseUrl(connection.url);
  const user = url.username === '' ? '' : `${url.username}@`;
  return `${url.protocol}//${user}${url.host}${url.pathname}`;
}

function parseDatabaseUrl(text: string): URL {
  // The text is not repeated in the message: it may hold a password.
  const url = URL.parse(text);
  if (url === null || !/^postgres(?:ql)?:$/.test(url.protocol)) {
    throw new Error(
      'The database URL cannot be read. Write it as postgres://user:password@host:5432/database and percent-encode special characters in the password.',
    );
  }
  return url;
}
