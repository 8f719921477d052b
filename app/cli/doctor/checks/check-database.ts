import { inspectSchema } from '../../../store/postgres/migrate.ts';
import { createServerPauseStore } from '../../../store/postgres/server-pause-store.ts';
import { openDatabase, type OpenedDatabase } from '../../inspect/open-database.ts';
import { fail, ok, skip, warn, type Check, type Examined } from '../check.ts';

const NAME = 'database';

/** Opens the database as `bosun start` would, or beside it, and looks at its version and schema. Changes no schema. */
export async function checkDatabase(
  { config, broken }: Examined,
  options: { onProgress: (sentence: string) => void },
): Promise<Check> {
  if (broken.includes('DATABASE_URL')) {
    return skip(NAME, 'not checked:  DATABASE_URL is wrong');
  }
  let opened: OpenedDatabase | { kind: 'absent' };
  try {
    opened = await openDatabase(config.storage, { whenAbsent: 'make', onProgress: options.onProgress });
  } catch (error) {
    return explain(error);
  }
  if (opened.kind === 'absent') {
    return skip(NAME, 'there is none yet');
  }
  try {
    return await examine(opened);
  } finally {
    await opened.close();
  }
}

async function examine({ database, kind }: OpenedDatabase): Promise<Check> {
  const [row] = await database.query<{ version: string }>({
    text: `select current_setting('server_version') as version`,
  });
  const place = { server: 'at DATABASE_URL', attached: 'embedded, in use by a running Bosun', started: 'embedded' }[
    kind
  ];
  const found = `PostgreSQL ${row?.version ?? ''} ${place}`;
  const schema = await inspectSchema(database);
  if (!schema.readable) {
    return fail(
      NAME,
      `${found}; its schema is of a newer Bosun (${schema.newer ?? ''})`,
      'Start the newer version, or restore a backup made before the upgrade.',
    );
  }
  if (schema.pending.length === 0) {
    const pause = await createServerPauseStore({ query: database.query, wake: () => undefined }).read();
    return pause === null
      ? ok(NAME, `${found}, schema current`)
      : warn(
          NAME,
          `${found}, schema current; ${pause.by} paused all tasks at ${pause.at.toISOString()}`,
          'Run `bosun resume --all` to let them start.',
        );
  }
  return kind === 'attached'
    ? fail(
        NAME,
        `${found}; its schema is older than this version (${schema.pending.join(', ')} missing)`,
        'Stop the running Bosun and start this version, which migrates the schema.',
      )
    : ok(NAME, `${found}; \`bosun start\` will apply ${schema.pending.length} migrations`);
}

/** Messages of the store end with their remedy; the first sentence says what is wrong. */
function explain(error: unknown): Check {
  const message = error instanceof Error ? error.message : String(error);
  const end = /[.:] (?=[A-Z])/.exec(message);
  return end === null
    ? fail(NAME, message, 'Check DATABASE_URL, or leave it out to use the embedded database.')
    : fail(NAME, message.slice(0, end.index), message.slice(end.index + 2));
}
