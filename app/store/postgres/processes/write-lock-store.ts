import type { Database } from '../../database.ts';
import { leaseEnd, leaseTime, timeOf, type LeaseClock } from '../lease-clock.ts';
import { ASK_MS } from '../../rules/decide-write-lock.ts';
import type {
  BlockState,
  WriteLock,
  WriteLockNotice,
  WriteLockRequest,
  WriteLocks,
} from '../../../task/ports/write-locks.ts';

const CHANNEL = 'bosun_writer';

/** Write locks in PostgreSQL: what `decideWriteLock` and `decideBlock` decide, each in one statement on one row. */
export function createWriteLockStore(database: Database, clock: LeaseClock = 'database'): WriteLocks {
  /** The row of an installation is made at its first use. */
  async function onRow<Row extends object>(installationId: number, run: () => Promise<Row[]>): Promise<Row> {
    const [row] = await run();
    if (row !== undefined) {
      return row;
    }
    await database.query({
      name: 'turn-make',
      text: 'insert into writer_turn (installation_id) values ($1) on conflict do nothing',
      values: [installationId],
    });
    const [made] = await run();
    if (made === undefined) {
      throw new Error(`expected a row for the turns of installation ${installationId}`);
    }
    return made;
  }

  return {
    async take(ask) {
      const row = await onRow(ask.installationId, () =>
        database.query<TurnFound>({ name: 'turn-take', text: TAKE, values: valuesOf(ask, clock) }),
      );
      return toTurn(row, ask.now);
    },
    async extend({ holder, installationId, leaseMs, now, number }) {
      const rows = await database.query({
        name: 'turn-extend',
        text: `update writer_turn set lease_until = ${leaseEnd('$4', '$5')}
          where installation_id = $1 and holder = $2 and number = $3
          returning number`,
        values: [installationId, holder, number, leaseTime(clock, now), leaseMs],
      });
      return rows.length > 0;
    },
    async release({ holder, installationId, now, number }) {
      await database.query({
        name: 'turn-release',
        text: RELEASE,
        values: [installationId, holder, number, leaseTime(clock, now)],
      });
    },
    async block({ installationId, now, strike, until }) {
      const untilMs = until === null ? null : until.getTime() - now.getTime();
      const strikes = [strike !== null, strike?.firstMs ?? 0, strike?.lastMs ?? 0];
      const values = [installationId, leaseTime(clock, now), untilMs, ...strikes];
      const row = await onRow(installationId, () =>
        database.query<BlockRow>({ name: 'turn-block', text: BLOCK, values }),
      );
      return toState(row, now);
    },
    async calm({ installationId, now }) {
      await database.query({
        name: 'turn-calm',
        text: `update writer_turn set strikes = 0
          where installation_id = $1 and strikes > 0 and (blocked_until is null or blocked_until <= ${timeOf('$2')})`,
        values: [installationId, leaseTime(clock, now)],
      });
    },
    async readBlock({ installationId, now }) {
      const [row] = await database.query<BlockRow>({
        name: 'turn-read-block',
        text: `select ${msFrom('blocked_until', timeOf('$2'))} as blocked_in_ms, strikes
          from writer_turn where installation_id = $1`,
        values: [installationId, leaseTime(clock, now)],
      });
      return row === undefined ? { blockedUntil: null, strikes: 0 } : toState(row, now);
    },
    watch(onNotice) {
      // A waiting process also asks again after a while, so a channel that cannot be had costs a second and nothing else.
      database.listen(CHANNEL, (payload) => onNotice(readNotice(payload))).catch(() => undefined);
    },
  };
}

interface TurnFound {
  readonly verdict: 'granted' | 'held' | 'limited';
  readonly number: number;
  readonly retry_in_ms: number;
}

interface BlockRow {
  readonly blocked_in_ms: number | null;
  readonly strikes: number;
}

function valuesOf(ask: WriteLockRequest, clock: LeaseClock): unknown[] {
  const { hour, minute, now } = ask;
  return [
    ask.installationId,
    ask.holder,
    leaseTime(clock, now),
    ask.rank,
    ask.leaseMs,
    ASK_MS,
    minute.everyMs,
    (minute.burst - 1) * minute.everyMs,
    hour.everyMs,
    (hour.burst - 1) * hour.everyMs,
  ];
}

/** Times come back as a distance from the clock of the database, and are given on the clock of the caller. */
function toTurn({ number, retry_in_ms: retryInMs, verdict }: TurnFound, now: Date): WriteLock {
  return verdict === 'granted'
    ? { granted: true, number }
    : { granted: false, why: verdict, retryAt: new Date(now.getTime() + retryInMs) };
}

function toState({ blocked_in_ms: blockedInMs, strikes }: BlockRow, now: Date): BlockState {
  return { blockedUntil: blockedInMs === null ? null : new Date(now.getTime() + blockedInMs), strikes };
}

function readNotice(payload: string | null): WriteLockNotice | null {
  return payload === null ? null : (JSON.parse(payload) as WriteLockNotice);
}

function msFrom(at: string, now: string): string {
  return `(extract(epoch from ${at} - ${now}) * 1000)::float8`;
}

function notify(kind: WriteLockNotice['kind']): string {
  return `pg_notify('${CHANNEL}', json_build_object('kind', '${kind}', 'installationId', w.installation_id)::text)`;
}

// The locked row is the newest; `w` may still be the one that the statement saw first.
const TAKE = `
with row as (
  select *, ${timeOf('$3')} as at, holder is not distinct from $2 as mine,
    case when asked_until > ${timeOf('$3')} and asked_by <> $2 then asked_rank end as other_rank,
    greatest(blocked_until, minute_at - $8 * interval '1 ms', hour_at - $10 * interval '1 ms') as allowed_at
  from writer_turn where installation_id = $1 for update
),
seen as (
  select *, mine and lease_until > at as same, mine or lease_until is null or lease_until <= at as free,
    other_rank is null or other_rank > $4 as first
  from row
),
judged as (
  select *, case when allowed_at > at then 'limited' when free and first then 'granted' else 'held' end as verdict,
    at + $6 * interval '1 ms' as ask_until
  from seen
)
update writer_turn w set
  holder = case when verdict = 'granted' then $2 when mine then null else j.holder end,
  lease_until = case when verdict = 'granted' then ${leaseEnd('$3', '$5')} when mine then null else j.lease_until end,
  number = j.number + case when verdict = 'granted' and same is not true then 1 else 0 end,
  asked_by = case when verdict = 'held' and first then $2 when other_rank is not null then j.asked_by end,
  asked_rank = case when verdict = 'held' and first then $4::smallint else other_rank end,
  asked_until = case when verdict = 'held' and first then ask_until when other_rank is not null then j.asked_until end,
  minute_at = case when verdict = 'granted' then greatest(j.minute_at, at) + $7 * interval '1 ms' else j.minute_at end,
  hour_at = case when verdict = 'granted' then greatest(j.hour_at, at) + $9 * interval '1 ms' else j.hour_at end
from judged j where w.installation_id = j.installation_id
returning verdict, w.number,
  ${msFrom(`case when verdict = 'limited' then allowed_at when not free then j.lease_until else ask_until end`, 'at')}
    as retry_in_ms,
  case when mine and verdict <> 'granted' and other_rank is not null then ${notify('free')} end`;

const RELEASE = `
update writer_turn w set holder = null, lease_until = null
where installation_id = $1 and holder = $2 and number = $3
returning case when asked_until > ${timeOf('$4')} then ${notify('free')} end`;

const BLOCK = `
with row as (
  select *, ${timeOf('$2')} as at, ${timeOf('$2')} + $3::float8 * interval '1 ms' as named,
    $4::boolean and (blocked_until is null or blocked_until <= ${timeOf('$2')}) as counts
  from writer_turn where installation_id = $1 for update
)
update writer_turn w set
  strikes = row.strikes + case when counts then 1 else 0 end,
  blocked_until = case
    when not counts then greatest(row.blocked_until, named)
    when row.strikes = 0 and named is not null then named
    else greatest(named, at + least($5 * power(2, least(row.strikes, 30)), $6) * interval '1 ms') end
from row where w.installation_id = row.installation_id
returning ${msFrom('w.blocked_until', 'at')} as blocked_in_ms, w.strikes, ${notify('blocked')}`;
