import { expect, test } from 'vitest';
import { MIGRATIONS, readMigrations } from '../../app/store/postgres/migrations.ts';

/** What an older process that runs beside a newer one would trip over. */
const BREAKING: readonly (readonly [string, RegExp])[] = [
  ['drops', /\bdrop (?:table|column|constraint|sequence|view|function|trigger|type)\b/i],
  ['renames', /\brename (?:to|column|constraint)\b/i],
  ['tightens', /\balter column \S+ set not null\b/i],
  ['tightens', /\badd (?:constraint \S+ )?(?:check|unique|primary key|foreign key|exclude)\b/i],
  [
    'tightens',
    /\badd column (?:if not exists )?\S+ (?:(?!\bdefault\b|\bgenerated\b)[^,;])*\bnot null\b(?:(?!\bdefault\b)[^,;])*[,;]/i,
  ],
  ['changes a type', /\balter column \S+ (?:set data )?type\b/i],
];

/** `--! widens NAME` says that the constraint is replaced by one that allows all that it allowed. */
function findBreaking(script: string): string[] {
  const widened = [...script.matchAll(/^--! widens (\w+)$/gm)].map(([, name]) => name);
  const statements = script
    .replaceAll(/--[^\n]*/g, '')
    .replaceAll(/\s+/g, ' ')
    .split(';')
    .filter((statement) => !widened.some((name) => statement.includes(` constraint ${name}`)))
    .join(';');
  return BREAKING.filter(([, pattern]) => pattern.test(statements)).map(([what]) => what);
}

test('a migration that an older process could not work beside says `--! breaking-change`', () => {
  const silent = readMigrations(MIGRATIONS)
    .filter(({ breaking, script }) => !breaking && findBreaking(script).length > 0)
    .map(({ name, script }) => `${name} ${findBreaking(script).join(', ')}`);
  expect(silent).toEqual([]);
});

test.each([
  ['alter table task drop column note;', ['drops']],
  ['alter table task rename column note to notes;', ['renames']],
  ['alter table task alter column note set not null;', ['tightens']],
  ['alter table task add column note text not null;', ['tightens']],
  ['alter table task add constraint task_note check (note is not null);', ['tightens']],
  ['alter table task alter column note type jsonb using note::jsonb;', ['changes a type']],
  ['--! widens c\nalter table task drop constraint c; alter table task add constraint c check (true);', []],
  ["alter table task add column note text not null default '';", []],
  ['alter table task add column note text;', []],
  ['create table note (id text primary key, at timestamptz not null); -- drop table note', []],
])('%s', (script, found) => {
  expect(findBreaking(script)).toEqual(found);
});
