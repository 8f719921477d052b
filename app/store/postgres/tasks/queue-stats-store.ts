import { ATTEMPT_STATES, WAIT_REASONS } from '../../../../protocol/index.ts';
import type { Database } from '../../database.ts';
import type { QueueStatsStore } from '../../queue-stats.ts';

export function createQueueStatsStore(database: Database): QueueStatsStore {
  return {
    read: async () => {
      const rows = await database.query<{ what: string; name: string; tally: number }>({
        name: 'standing-read',
        text: STANDING,
      });
      function of(what: string, name: string): number {
        return rows.find((row) => row.what === what && row.name === name)?.tally ?? 0;
      }
      return {
        live: tally(ATTEMPT_STATES, (state) => of('live', state)),
        waits: tally(WAIT_REASONS, (reason) => of('wait', reason) + (reason === 'slot' ? of('lane', 'slot') : 0)),
        deliveries: of('queue', 'deliveries'),
        messages: of('queue', 'messages'),
        reports: of('queue', 'reports'),
      };
    },
  };
}

function tally<Name extends string>(names: readonly Name[], count: (name: Name) => number): Record<Name, number> {
  return Object.fromEntries(names.map((name) => [name, count(name)])) as Record<Name, number>;
}

// Each part has a partial index of its own, or is one row for each repository.
const STANDING = `
select 'lane' as what, 'slot' as name, coalesce(sum(queued), 0)::int as tally from lane where queued > 0
union all
select 'wait', wait_reason, count(*)::int from task where state = 'SUBMITTED' and not eligible group by wait_reason
union all
select 'live', state, count(*)::int from task where lease_owner is not null group by state
union all
select 'queue', 'deliveries', count(*)::int from inbox where state = 'new'
union all
select 'queue', 'messages', count(*)::int from outbox where settled_at is null
union all
select 'queue', 'reports', count(*)::int from report_cursor where dirty`;
