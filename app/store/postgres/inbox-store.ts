import { DatabaseError } from '../database.ts';
import { cleanText } from '../rules/to-json.ts';
import type { DeliveryFacts, InboxStore } from '../stores.ts';
import { leaseEnd, leaseTime, timeOf, type LeaseClock } from './lease-clock.ts';
import type { WakingDatabase } from './waking-database.ts';

export function createInboxStore(database: WakingDatabase, clock: LeaseClock): InboxStore {
  return {
    record: async ({ id, event, body, receivedAt }) => {
      try {
        await database.query({
          name: 'inbox-record',
          text: 'insert into inbox (id, event, body, received_at) values ($1, $2, $3, $4)',
          values: [id, event, Buffer.from(body.buffer, body.byteOffset, body.byteLength), receivedAt],
        });
      } catch (error) {
        if (isKnownAlready(error)) {
          return { recorded: false };
        }
        throw error;
      }
      // A router takes everything that is there, so any number of deliveries needs one hint.
      database.wake({ kind: 'inbox', id: '*' });
      return { recorded: true };
    },
    take: async ({ max, now, leaseMs }) => {
      const rows = await database.query<InboxRow>({
        name: 'inbox-take',
        text: TAKE,
        values: [max, leaseTime(clock, now), leaseMs],
      });
      return rows.map(({ received_at: receivedAt, ...row }) => ({ ...row, receivedAt }));
    },
    settle: async (id, { now, note }) => {
      await database.query({
        name: 'inbox-settle',
        text: `update inbox set state = 'settled', body = null, ended_at = $2, note = $3 where id = $1 and state <> 'settled'`,
        values: [id, now, cleanText(note)],
      });
    },
    defer: async (id, { now, until, note }) => {
      await database.query({
        name: 'inbox-defer',
        text: `update inbox set hidden_until = ${leaseEnd('$2', '$4')}, note = $3, takes = greatest(takes - 1, 0)
          where id = $1 and state = 'new'`,
        values: [id, leaseTime(clock, now), cleanText(note), until.getTime() - now.getTime()],
      });
    },
    park: async (id, { now, error }) => {
      await database.query({
        name: 'inbox-park',
        text: `update inbox set state = 'parked', ended_at = $2, note = $3 where id = $1 and state = 'new'`,
        values: [id, now, cleanText(error)],
      });
    },
    list: async ({ state, limit }) => {
      const rows = await database.query<Omit<InboxRow, 'body'> & Pick<DeliveryFacts, 'state' | 'note'>>({
        name: 'inbox-list',
        text: LIST,
        values: [state, limit],
      });
      return rows.map(({ received_at: receivedAt, ...row }) => ({ ...row, receivedAt }));
    },
    unpark: async ({ id, max }) => {
      const rows = await database.query<{ id: string }>({ name: 'inbox-unpark', text: UNPARK, values: [id, max] });
      if (rows.length > 0) {
        database.wake({ kind: 'inbox', id: '*' });
      }
      return rows.map((row) => row.id);
    },
    known: async (ids) => {
      const rows = await database.query<{ id: string }>({
        name: 'inbox-known',
        text: 'select id from inbox where id = any ($1)',
        values: [[...ids]],
      });
      return new Set(rows.map((row) => row.id));
    },
    prune: async ({ before, max }) => {
      const rows = await database.query({ name: 'inbox-prune', text: PRUNE, values: [before, max] });
      return rows.length;
    },
    oldestUnrouted: async () => {
      const [row] = await database.query<{ at: Date | null }>({
        name: 'inbox-oldest',
        text: `select min(received_at) as at from inbox where state = 'new'`,
      });
      return row?.at ?? null;
    },
    nextDueAt: async () => {
      const [row] = await database.query<{ at: Date | null }>({
        name: 'inbox-next-due',
        text: `select min(hidden_until) as at from inbox where state = 'new'`,
      });
      return row?.at ?? null;
    },
    claimCommand: async ({ key, deliveryId, now }) => {
      const [row] = await database.query<{ delivery_id: string }>({
        name: 'inbox-claim-command',
        text: CLAIM_COMMAND,
        values: [key, deliveryId, now],
      });
      return { mine: row?.delivery_id === deliveryId };
    },
    claimers: async (keys) => {
      if (keys.length === 0) {
        return [];
      }
      const rows = await database.query<{ delivery_id: string }>({
        name: 'inbox-claimers',
        text: 'select delivery_id from command_claim where key = any ($1)',
        values: [[...keys]],
      });
      return rows.map((row) => row.delivery_id);
    },
  };
}

/** A second delivery of one id is rare, so it is cheaper to let it fail than to ask back each time what was inserted. */
function isKnownAlready(error: unknown): boolean {
  return error instanceof DatabaseError && error.constraint === 'inbox_pkey';
}

interface InboxRow {
  readonly id: string;
  readonly event: string;
  readonly body: Uint8Array;
  readonly takes: number;
  readonly received_at: Date;
}

const TAKE = `
with due as (
  select id as due_id from inbox
  where state = 'new' and (hidden_until is null or hidden_until <= ${timeOf('$2')})
  order by received_at, id limit $1
  for update skip locked
),
taken as (
  update inbox set takes = takes + 1, hidden_until = ${leaseEnd('$2', '$3')} from due where id = due_id
  returning id, event, body, takes, received_at
)
select * from taken order by received_at, id`;

const LIST = `
select id, event, state, takes, received_at, note from inbox
where $1::text is null or state = $1
order by received_at desc, id limit $2`;

const UNPARK = `
update inbox set state = 'new', takes = 0, hidden_until = null, ended_at = null
where id in (
  select id from inbox where state = 'parked' and ($1::text is null or id = $1)
  order by received_at limit $2 for update skip locked
)
returning id`;

const PRUNE = `
delete from inbox where id in (
  select id from inbox where state = 'settled' and received_at < $1 order by received_at limit $2 for update skip locked
)
returning id`;

// The update changes nothing; it makes the row that was there before come back.
const CLAIM_COMMAND = `
insert into command_claim (key, delivery_id, claimed_at) values ($1, $2, $3)
on conflict (key) do update set delivery_id = command_claim.delivery_id
returning delivery_id`;
