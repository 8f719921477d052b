import type { Client } from 'pg';

import type { BackupSection } from './backup-format.ts';

/**
 * Every table of the schema with the columns that hold data, those that others refer to first. The migrations' own table
 * is left out: it is the schema of the backup.
 */
export async function readTables(client: Client): Promise<BackupSection[]> {
  const { rows } = await client.query<{ name: string; columns: string[]; needs: string[] }>(TABLES);
  const left = new Map(rows.map((row) => [row.name, row]));
  const ordered: BackupSection[] = [];
  while (left.size > 0) {
    const next = [...left.values()].find((row) => row.needs.every((need) => need === row.name || !left.has(need)));
    if (next === undefined) {
      throw new Error(`The tables ${[...left.keys()].join(', ')} refer to each other in a circle.`);
    }
    left.delete(next.name);
    ordered.push({ table: next.name, columns: next.columns });
  }
  return ordered;
}

export async function readSequences(client: Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; last: string }>(
    `select sequencename as name, last_value::text as last from pg_sequences
     where schemaname = current_schema() and last_value is not null order by 1`,
  );
  return Object.fromEntries(rows.map((row) => [row.name, row.last]));
}

/** Quoted for SQL. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function describeColumns({ table, columns }: BackupSection): string {
  return `${identifier(table)} (${columns.map(identifier).join(', ')})`;
}

const TABLES = `
select c.relname as name,
  array(
    select a.attname::text from pg_attribute a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    order by a.attnum
  ) as columns,
  array(
    select f.relname::text from pg_constraint k join pg_class f on f.oid = k.confrelid
    where k.conrelid = c.oid and k.contype = 'f'
  ) as needs
from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and c.relname <> 'bosun_migration'
order by c.relname`;
