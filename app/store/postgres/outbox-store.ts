import { cleanText, toJson } from '../rules/to-json.ts';
import type { OutboxItem, OutboxStore } from '../stores.ts';
import type { WakingDatabase } from './waking-database.ts';

export function createOutboxStore(database: WakingDatabase): OutboxStore {
  return {
    add: async (items, now) => {
      const added = await database.query<{ key: string }>({
        name: 'outbox-add',
        text: ADD,
        values: [toJson(items), now],
      });
      added.forEach(({ key }) => database.wake({ kind: 'report', id: key }));
    },
    take: async ({ holder, max, now, leaseMs }) => {
      const rows = await database.query<OutboxRow>({
        name: 'outbox-take',
        text: TAKE,
        values: [max, now, new Date(now.getTime() + leaseMs), holder],
      });
      return rows.map((row) => ({
        key: row.key,
        installationId: row.installation_id,
        repository: row.repository,
        thread: row.thread,
        message: row.message,
        tries: row.tries,
        sentAt: row.sent_at,
        createdAt: row.created_at,
      }));
    },
    sending: async (key, { holder, now }) => {
      const rows = await database.query({ name: 'outbox-sending', text: SENDING, values: [key, now, holder] });
      return { held: rows.length > 0 };
    },
    settle: async (key, { holder, now, externalId, note }) => {
      const rows = await database.query({
        name: 'outbox-settle',
        text: SETTLE,
        values: [key, now, externalId, cleanText(note), holder],
      });
      return { held: rows.length > 0 };
    },
    retryLater: async (key, { holder, at, error }) => {
      const rows = await database.query({
        name: 'outbox-retry',
        text: RETRY,
        values: [key, at, cleanText(error), holder],
      });
      return { held: rows.length > 0 };
    },
    extend: async (key, { holder, now, leaseMs }) => {
      const values = [key, holder, new Date(now.getTime() + leaseMs)];
      const rows = await database.query({ name: 'outbox-extend', text: EXTEND, values });
      return { held: rows.length > 0 };
    },
    takeBack: async ({ holder, now }) => {
      const rows = await database.query({ name: 'outbox-take-back', text: TAKE_BACK, values: [holder, now] });
      return rows.length;
    },
    nextDueAt: async () => {
      const [row] = await database.query<{ at: Date | null }>({
        name: 'outbox-next',
        text: 'select min(due_at) as at from outbox where settled_at is null',
      });
      return row?.at ?? null;
    },
  };
}

interface OutboxRow {
  readonly key: string;
  readonly installation_id: number;
  readonly repository: OutboxItem['repository'];
  readonly thread: OutboxItem['thread'];
  readonly message: OutboxItem['message'];
  readonly tries: number;
  readonly sent_at: Date | null;
  readonly created_at: Date;
}

const ADD = `
with added as (
  insert into outbox (key, installation_id, repository, thread, message, created_at, due_at)
  select item ->> 'key', (item ->> 'installationId')::bigint, item -> 'repository', item -> 'thread', item -> 'message',
    $2, $2
  from jsonb_array_elements($1::jsonb) with ordinality as given (item, place)
  order by place
  on conflict (key) do nothing
  returning key
)
select key from added`;

const TAKE = `
with due as (
  select key as due_key from outbox
  where settled_at is null and due_at <= $2
  order by due_at, seq limit $1
  for update skip locked
),
taken as (
  update outbox set tries = tries + 1, due_at = $3, holder = $4 from due where key = due_key
  returning outbox.*
)
select * from taken order by seq`;

const SENDING = `
update outbox set sent_at = $2 where key = $1 and settled_at is null and holder = $3 returning key`;

const SETTLE = `
update outbox set settled_at = $2, external_id = $3, note = $4, holder = null
where key = $1 and settled_at is null and holder = $5
returning key`;

const RETRY = `
update outbox set due_at = $2, note = $3, holder = null
where key = $1 and settled_at is null and holder = $4
returning key`;

const EXTEND = `
update outbox set due_at = greatest(due_at, $3)
where key = $1 and settled_at is null and holder = $2
returning key`;

const TAKE_BACK = `
update outbox set due_at = $2, holder = null
where holder = $1 and settled_at is null
returning key`;
