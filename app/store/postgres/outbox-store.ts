import { cleanText, toJson } from '../rules/to-json.ts';
import type { OutboxItem, OutboxStore } from '../stores.ts';
import { callerTime, leaseEnd, leaseTime, msUntil, timeIn, timeOf, type LeaseClock } from './lease-clock.ts';
import type { WakingDatabase } from './waking-database.ts';

export function createOutboxStore(database: WakingDatabase, clock: LeaseClock): OutboxStore {
  return {
    add: async (items, now) => {
      const added = await database.query<{ key: string }>({
        name: 'outbox-add',
        text: ADD,
        values: [toJson(items), leaseTime(clock, now)],
      });
      added.forEach(({ key }) => database.wake({ kind: 'report', id: key }));
    },
    take: async ({ holder, max, now, leaseMs }) => {
      const rows = await database.query<OutboxRow>({
        name: 'outbox-take',
        text: TAKE,
        values: [max, leaseTime(clock, now), leaseMs, holder],
      });
      return rows.map((row) => ({
        key: row.key,
        installationId: row.installation_id,
        repository: row.repository,
        thread: row.thread,
        message: row.message,
        tries: row.tries,
        sentAt: callerTime(row.sent_in_ms, now),
        createdAt: new Date(now.getTime() + row.created_in_ms),
      }));
    },
    sending: async (key, { holder, now }) => {
      const rows = await database.query({
        name: 'outbox-sending',
        text: SENDING,
        values: [key, leaseTime(clock, now), holder],
      });
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
    retryLater: async (key, { holder, now, at, error }) => {
      const rows = await database.query({
        name: 'outbox-retry',
        text: RETRY,
        values: [key, leaseTime(clock, now), at.getTime() - now.getTime(), cleanText(error), holder],
      });
      return { held: rows.length > 0 };
    },
    extend: async (key, { holder, now, leaseMs }) => {
      const values = [key, holder, leaseTime(clock, now), leaseMs];
      const rows = await database.query({ name: 'outbox-extend', text: EXTEND, values });
      return { held: rows.length > 0 };
    },
    takeBack: async ({ holder, now }) => {
      const values = [holder, leaseTime(clock, now)];
      const rows = await database.query({ name: 'outbox-take-back', text: TAKE_BACK, values });
      return rows.length;
    },
    nextDueAt: async (now) => {
      const [row] = await database.query<{ in_ms: number | null }>({
        name: 'outbox-next',
        text: `select ${msUntil('min(due_at)', '$1')} as in_ms from outbox where settled_at is null`,
        values: [leaseTime(clock, now)],
      });
      return callerTime(row?.in_ms ?? null, now);
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
  readonly sent_in_ms: number | null;
  readonly created_in_ms: number;
}

const ADD = `
with added as (
  insert into outbox (key, installation_id, repository, thread, message, created_at, due_at)
  select item ->> 'key', (item ->> 'installationId')::bigint, item -> 'repository', item -> 'thread', item -> 'message',
    ${timeOf('$2')}, ${timeOf('$2')}
  from jsonb_array_elements($1::jsonb) with ordinality as given (item, place)
  order by place
  on conflict (key) do nothing
  returning key
)
select key from added`;

const TAKE = `
with due as (
  select key as due_key from outbox
  where settled_at is null and due_at <= ${timeOf('$2')}
  order by due_at, seq limit $1
  for update skip locked
),
taken as (
  update outbox set tries = tries + 1, due_at = ${leaseEnd('$2', '$3')}, holder = $4 from due where key = due_key
  returning outbox.*
)
select *, ${msUntil('sent_at', '$2')} as sent_in_ms, ${msUntil('created_at', '$2')} as created_in_ms
from taken order by seq`;

const SENDING = `
update outbox set sent_at = ${timeOf('$2')} where key = $1 and settled_at is null and holder = $3 returning key`;

const SETTLE = `
update outbox set settled_at = $2, external_id = $3, note = $4, holder = null
where key = $1 and settled_at is null and holder = $5
returning key`;

const RETRY = `
update outbox set due_at = ${timeIn('$2', '$3')}, note = $4, holder = null
where key = $1 and settled_at is null and holder = $5
returning key`;

const EXTEND = `
update outbox set due_at = greatest(due_at, ${leaseEnd('$3', '$4')})
where key = $1 and settled_at is null and holder = $2
returning key`;

const TAKE_BACK = `
update outbox set due_at = ${timeOf('$2')}, holder = null
where holder = $1 and settled_at is null
returning key`;
