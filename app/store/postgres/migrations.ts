import { readdirSync, readFileSync } from 'node:fs';

/** One numbered file; `breaking` when an older process cannot work with what it makes. */
export interface Migration {
  readonly number: number;
  readonly name: string;
  readonly script: string;
  readonly breaking: boolean;
}

/** Those that come with this version of Bosun. */
export const MIGRATIONS = new URL('../migrations/', import.meta.url);
/** Held by whoever changes the schema. Any number, as long as every process uses the same: "bosun" in ASCII. */
export const LOCK_KEY = 0x62_6f_73_75_6e;

/** The table that says which were applied. */
export const LEDGER = `
  create table if not exists bosun_migration (
    number integer primary key,
    name text not null,
    breaking boolean not null,
    applied_at timestamptz not null default now()
  );`;

/** In the order of their numbers. Throws when two have the same, or a file is not named like one. */
export function readMigrations(directory: URL): Migration[] {
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  const migrations = names.map((file) => {
    const match = /^(\d{3})-([a-z0-9-]+)\.sql$/.exec(file);
    if (match === null) {
      throw new Error(`A migration is named like 007-what-it-does.sql, not "${file}".`);
    }
    const script = readFileSync(new URL(file, directory), 'utf8');
    return {
      number: Number(match[1]),
      name: file.slice(0, -'.sql'.length),
      script,
      breaking: /^--! breaking-change\b/m.test(script),
    };
  });
  const repeated = migrations.find((migration, index) => migration.number === migrations[index - 1]?.number);
  if (repeated !== undefined) {
    throw new Error(`Two migrations have the number of ${repeated.name}; give the later one the next free number.`);
  }
  return migrations;
}
