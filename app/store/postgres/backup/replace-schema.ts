import type { Client } from 'pg';

import type { Migration } from '../migrations.ts';
import { identifier } from './read-catalog.ts';

/** What a database of Bosun holds, for the person who is asked to replace it. */
export interface Holding {
  readonly tasks: number;
  /** Of those, not ended. */
  readonly live: number;
  readonly deliveries: number;
  readonly newestTaskAt: Date | null;
}

/** Null where nothing would be lost: no schema of Bosun, or one without a task or delivery. */
export async function readHolding(client: Client): Promise<Holding | null> {
  if (!(await exists(client, 'task')) || !(await exists(client, 'inbox'))) {
    return null;
  }
  const { rows } = await client.query<{ tasks: number; live: number; newest: Date | null; deliveries: number }>(`
    select count(*)::int as tasks, (count(*) filter (where finished_at is null))::int as live,
      max(created_at) as newest, (select count(*)::int from inbox) as deliveries
    from task`);
  const found = rows[0];
  return found === undefined || found.tasks + found.deliveries === 0
    ? null
    : { tasks: found.tasks, live: found.live, deliveries: found.deliveries, newestTaskAt: found.newest };
}

/**
 * Drops what the migrations of Bosun make and nothing else. Throws when one of its names is taken although no migration
 * ran: then the database belongs to something else.
 */
export async function clearSchema(client: Client, known: readonly Migration[]): Promise<void> {
  const made = known.flatMap(({ script }) => [...script.matchAll(/^create (?:unlogged )?(table|sequence) (\w+)/gm)]);
  if (!(await exists(client, 'bosun_migration'))) {
    for (const [, , name = ''] of made) {
      if (await exists(client, name)) {
        throw new Error(`The database has a table "${name}" that is not of Bosun. Give Bosun a database of its own.`);
      }
    }
    return;
  }
  const applied = await client.query<{ name: string }>('select name from bosun_migration order by number');
  const newer = applied.rows.find((row) => !known.some((migration) => migration.name === row.name));
  if (newer !== undefined) {
    throw new Error(
      `The database was upgraded by a newer Bosun (migration ${newer.name}). Use the command line of that version.`,
    );
  }
  for (const [, kind = '', name = ''] of made) {
    await client.query(`drop ${kind} if exists ${identifier(name)} cascade`);
  }
  await client.query('drop table bosun_migration');
}

async function exists(client: Client, table: string): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>('select to_regclass($1) is not null as there', [
    identifier(table),
  ]);
  return rows[0]?.there ?? false;
}
