import { Client } from 'pg';
import { expect, test } from 'vitest';

import { describeConnection, toDriverAddress } from '../../../app/store/postgres/driver/connection-settings.ts';

/** What the driver makes of a URL, without connecting. */
function readByDriver(url: string) {
  const client = new Client(toDriverAddress({ url })) as unknown as {
    connectionParameters: { ssl: unknown; options: string; host: string; password: string };
  };
  return client.connectionParameters;
}

test.each([
  ['no sslmode: not encrypted', '', false],
  ['disable: not encrypted', '?sslmode=disable', false],
  ['require: encrypted, whoever signed', '?sslmode=require', { rejectUnauthorized: false }],
  ['verify-full: encrypted and checked', '?sslmode=verify-full', {}],
])('%s', (_, query, ssl) => {
  expect(readByDriver(`postgres://db.example.com/bosun${query}`).ssl).toEqual(ssl);
});

test('sessions count in UTC, besides the options of the URL', () => {
  expect(readByDriver('postgres://db/bosun').options).toBe('-c TimeZone=UTC');
  expect(readByDriver('postgres://db/bosun?options=-c%20search_path%3Dbosun').options).toBe(
    '-c search_path=bosun -c TimeZone=UTC',
  );
});

test('a password with special characters arrives whole and is never shown', () => {
  const url = 'postgresql://me:p%40ss%2Bw%20rd@db.example.com:6432/bosun?sslmode=require';
  expect(readByDriver(url).password).toBe('p@ss+w rd');
  expect(describeConnection({ url })).toBe('postgresql://me@db.example.com:6432/bosun');
});

test.each(['', 'db.example.com', 'mysql://db/bosun', 'postgres://me:se cret@[bad'])(
  'refuses %j without repeating it',
  (url) => {
    expect(() => toDriverAddress({ url })).toThrow(/^The database URL cannot be read\. Write it as postgres:/);
    expect(() => toDriverAddress({ url })).not.toThrow(/se cret/);
  },
);
