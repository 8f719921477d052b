import { DatabaseError, type Database } from '../database.ts';
import { LEDGER, LOCK_KEY, MIGRATIONS, readMigrations, type Migration } from './migrations.ts';

export interface MigrateOptions {
  /** Where the numbered files are; by default those that come with this version of Bosun. */
  readonly directory?: URL;
}

interface Applied {
  readonly number: number;
  readonly name: string;
  readonly breaking: boolean;
}

const UNIQUE_VIOLATION = '23505';

/**
 * Brings the schema up to this version and resolves with the names applied now. Each file is one transaction that
 * first takes a lock and records its number, so any number of processes may call this at once, and a stop in the
 * middle leaves whole migrations only.
 *
 * A schema newer than this process is accepted unless one of its migrations starts with `--! breaking-change`; then
 * this throws, because an older process would read rows it does not understand.
 */
export async function migrate(database: Database, options: MigrateOptions = {}): Promise<string[]> {
  const known = readMigrations(options.directory ?? MIGRATIONS);
  await createLedger(database);
  const applied = await readApplied(database);
  refuseNewerSchema(known, applied);
  const done = new Set(applied.map((row) => row.number));
  const names: string[] = [];
  for (const migration of known) {
    if (!done.has(migration.number) && (await apply(database, migration))) {
      names.push(migration.name);
    }
  }
  return names;
}

/** How the schema stands to this version, without changing anything. */
export interface SchemaState {
  /** Migrations of this version that are not applied; all of them on an empty database. */
  readonly pending: readonly string[];
  /** The newest applied migration that this version does not know; null when there is none. */
  readonly newer: string | null;
  /** Whether that newer schema is one this version cannot work with. */
  readonly readable: boolean;
}

/** Reads how the schema stands; for those who look at a database that another process keeps. */
export async function inspectSchema(database: Database, options: MigrateOptions = {}): Promise<SchemaState> {
  const known = readMigrations(options.directory ?? MIGRATIONS);
  const [ledger] = await database.query<{ present: boolean }>({
    text: `select to_regclass('bosun_migration') is not null as present`,
  });
  const applied = ledger?.present === true ? await readApplied(database) : [];
  const done = new Set(applied.map((row) => row.number));
  const newest = known.at(-1)?.number ?? 0;
  const beyond = applied.filter((row) => row.number > newest);
  return {
    pending: known.filter((migration) => !done.has(migration.number)).map((migration) => migration.name),
    newer: beyond.at(-1)?.name ?? null,
    readable: !beyond.some((row) => row.breaking),
  };
}

async function createLedger(database: Database): Promise<void> {
  await database.execute(inOneTransaction(LEDGER));
}

async function readApplied(database: Database): Promise<Applied[]> {
  return database.query<Applied>({ text: 'select number, name, breaking from bosun_migration order by number' });
}

async function apply(database: Database, migration: Migration): Promise<boolean> {
  const { number, name, breaking, script } = migration;
  const record = `insert into bosun_migration (number, name, breaking) values (${number}, '${name}', ${breaking});`;
  try {
    await database.execute(inOneTransaction(`${record}\n${script}`));
    return true;
  } catch (error) {
    if (isRecordedAlready(error)) {
      return false;
    }
    throw new Error(`The migration ${name} failed and changed nothing: ${describe(error)}`, { cause: error });
  }
}

function isRecordedAlready(error: unknown): boolean {
  return (
    error instanceof DatabaseError && error.code === UNIQUE_VIOLATION && error.constraint === 'bosun_migration_pkey'
  );
}

function inOneTransaction(script: string): string {
  return `begin; select pg_advisory_xact_lock(${LOCK_KEY});\n${script}\n;commit;`;
}

function refuseNewerSchema(known: readonly Migration[], applied: readonly Applied[]): void {
  const newest = known.at(-1)?.number ?? 0;
  const breaking = applied.find((row) => row.number > newest && row.breaking);
  if (breaking !== undefined) {
    throw new Error(
      `The database was upgraded by a newer Bosun (migration ${breaking.name}) in a way this version cannot work with. ` +
        'Start the newer version, or restore a backup of the database made before the upgrade.',
    );
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
