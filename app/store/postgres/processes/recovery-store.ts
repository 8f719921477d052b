import type { Database } from '../../database.ts';
import type { RecoveryStore } from '../../recovery.ts';
import { leaseEnd, leaseTime, timeIn, timeOf, type LeaseClock } from '../lease-clock.ts';

export function createRecoveryStore(database: Database, clock: LeaseClock): RecoveryStore {
  return {
    claimJob: async ({ early, holder, leaseMs, name, now }) => {
      const [row] = await database.query<{ number: number; cursor: string | null }>({
        name: 'duty-take',
        text: TAKE,
        values: [name, holder, leaseTime(clock, now), leaseMs, early],
      });
      return row ?? null;
    },
    extendJob: async ({ holder, leaseMs, name, now, number }) => {
      const rows = await database.query({
        name: 'duty-extend',
        text: `update duty set lease_until = ${leaseEnd('$4', '$5')}
          where name = $1 and holder = $2 and number = $3 returning name`,
        values: [name, holder, number, leaseTime(clock, now), leaseMs],
      });
      return rows.length > 0;
    },
    finishJob: async ({ cursor, dueAt, holder, name, now, number }) => {
      const rows = await database.query({
        name: 'duty-finish',
        text: `update duty set holder = null, lease_until = null, due_at = ${timeIn('$4', '$5')},
            cursor = coalesce($6, cursor)
          where name = $1 and holder = $2 and number = $3 returning name`,
        values: [name, holder, number, leaseTime(clock, now), dueAt.getTime() - now.getTime(), cursor],
      });
      return rows.length > 0;
    },
    readWatches: async (repositoryIds) => {
      const rows = await database.query<{ repository_id: number; etag: string | null; seen_through: Date }>({
        name: 'watch-read',
        text: 'select repository_id, etag, seen_through from watched_repository where repository_id = any ($1)',
        values: [[...repositoryIds]],
      });
      return new Map(
        rows.map((row) => [row.repository_id, { etag: row.etag, seenThrough: row.seen_through }] as const),
      );
    },
    writeWatch: async (repositoryId, { etag, seenThrough }) => {
      await database.query({
        name: 'watch-write',
        text: `insert into watched_repository as w (repository_id, etag, seen_through) values ($1, $2, $3)
          on conflict (repository_id) do update set etag = excluded.etag, seen_through = excluded.seen_through
          where w.seen_through <= excluded.seen_through`,
        values: [repositoryId, etag, seenThrough],
      });
    },
  };
}

const TAKE = `
insert into duty as d (name, holder, number, lease_until) values ($1, $2, 1, ${leaseEnd('$3', '$4')})
on conflict (name) do update set holder = $2, number = d.number + 1, lease_until = excluded.lease_until
where (d.lease_until is null or d.lease_until <= ${timeOf('$3')}) and ($5 or d.due_at <= ${timeOf('$3')})
returning number, cursor`;
