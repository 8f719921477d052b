import { randomBytes } from 'node:crypto';

import type { Database } from '../database.ts';
import type { KeyStore } from '../stores.ts';

const KEY_BYTES = 32;

export function createKeyStore(database: Database): KeyStore {
  async function read(name: string): Promise<string | null> {
    const [row] = await database.query<{ value: string }>({
      name: 'key-read',
      text: 'select value from key_value where name = $1',
      values: [name],
    });
    return row?.value ?? null;
  }

  return {
    get: async (name) => {
      const known = await read(`key:${name}`);
      if (known !== null) {
        return Buffer.from(known, 'hex');
      }
      // Of several processes that make one at the same time, the first wins and all read its key.
      await database.query({
        name: 'key-make',
        text: 'insert into key_value (name, value) values ($1, $2) on conflict (name) do nothing',
        values: [`key:${name}`, randomBytes(KEY_BYTES).toString('hex')],
      });
      const made = await read(`key:${name}`);
      if (made === null) {
        throw new Error(`the key ${name} was not kept`);
      }
      return Buffer.from(made, 'hex');
    },
    read: (name) => read(`fact:${name}`),
    write: async (name, value) => {
      await database.query({
        name: 'key-write',
        text: 'insert into key_value (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value',
        values: [`fact:${name}`, value],
      });
    },
  };
}
