import type { Database } from '../../database.ts';
import { ASK_MS } from '../../rules/decide-write-lock.ts';
import type {
  BlockState,
  WriteLock,
  WriteLockRequest,
  WriteLockNotice,
  WriteLocks,
} from '../../../task/ports/write-locks.ts';

const CHANNEL = 'bosun_writer';

/** Turns in PostgreSQL: what `decideWriteLock` and `decideBlock` say, each in one statement on one row. */
export function createWriteLockStore(database: Database): WriteLocks {
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
        database.query<TurnFound>({ name: 'turn-take', text: TAKE, values: valuesOf(ask) }),
      );
      return toTurn(row);
    },
    async extend({ holder, installationId, leaseMs, now, number }) {
      const rows = await database.query({
        name: 'turn-extend',
        text: `update writer_turn set lease_until = $4 where installation_id = $1 and holder = $2 and number = $3
          returning number`,
        values: [installationId, holder, number, new Date(now.getTime() + leaseMs)],
      });
      return rows.length > 0;
    },
    async release({ holder, installationId, now, number }) {
      await database.query({ name: 'turn-release', text: RELEASE, values: [installationId, holder, number, now] });
    },
    async block({ installationId, now, strike, until }) {
      const values = [installationId, now, until, strike !== null, strike?.firstMs ?? 0, strike?.lastMs ?? 0];
      const row = await onRow(installationId, () =>
        database.query<BlockRow>({ name: 'turn-block', text: BLOCK, values }),
      );
      return toState(row);
    },
    async calm({ installationId, now }) {
      await database.query({
        name: 'turn-calm',
        text: `update writer_turn set strikes = 0
          where installation_id = $1 and strikes > 0 and (blocked_until is null or blocked_until <= $2)`,
        values: [installationId, now],
      });
    },
    async readBlock({ installationId }) {
      const [row] = await database.query<BlockRow>({
        name: 'turn-read-block',
        text: 'select blocked_until, strikes from writer_turn where installation_id = $1',
        values: [installationId],
      });
      return row === undefined ? { blockedUntil: null, strikes: 0 } : toState(row);
    },
    watch(onNotice) {
      // Whoever waits also asks again after a while, so a channel that cannot be had costs a second, not a turn.
      database.listen(CHANNEL, (payload) => onNotice(readNotice(payload))).catch(() => undefined);
    },
  };
}

interface TurnFound {
  readonly verdict: 'granted' | 'held' | 'limited';
  readonly number: number;
  readonly retry_at: Date;
}

interface BlockRow {
  readonly blocked_until: Date | null;
  readonly strikes: number;
}

function valuesOf(ask: WriteLockRequest): unknown[] {
  const { hour, minute, now } = ask;
  return [
    ask.installationId,
    ask.holder,
    now,
    ask.rank,
    new Date(now.getTime() + ask.leaseMs),
    new Date(now.getTime() + ASK_MS),
    minute.everyMs,
    (minute.burst - 1) * minute.everyMs,
    hour.everyMs,
    (hour.burst - 1) * hour.everyMs,
  ];
}

function toTurn({ number, retry_at: retryAt, verdict }: TurnFound): WriteLock {
  return verdict === 'granted' ? { granted: true, number } : { granted: false, why: verdict, retryAt };
}

function toState({ blocked_until: blockedUntil, strikes }: BlockRow): BlockState {
  return { blockedUntil, strikes };
}

function readNotice(payload: string | null): WriteLockNotice | null {
  if (payload === null) {
    return null;
  }
  const { blockedUntilMs, installationId, strikes } = JSON.parse(payload) as {
    installationId: number;
    blockedUntilMs?: number | null;
    strikes?: number;
  };
  if (strikes === undefined) {
    return { kind: 'free', installationId };
  }
  const blockedUntil = typeof blockedUntilMs === 'number' ? new Date(blockedUntilMs) : null;
  return { kind: 'blocked', installationId, state: { blockedUntil, strikes } };
}

const FREE_NOTICE = `pg_notify('${CHANNEL}', json_build_object('installationId', w.installation_id)::text)`;

// The locked row is the newest; `w` may still be the one that the statement saw first.
const TAKE = `
with row as (
  select *, holder is not distinct from $2 as mine,
    case when asked_until > $3 and asked_by <> $2 then asked_rank end as other_rank,
    greatest(blocked_until, minute_at - $8 * interval '1 ms', hour_at - $10 * interval '1 ms') as allowed_at
  from writer_turn where installation_id = $1 for update
),
seen as (
  select *, mine and lease_until > $3 as same, mine or lease_until is null or lease_until <= $3 as free,
    other_rank is null or other_rank > $4 as first
  from row
),
judged as (
  select *, case when allowed_at > $3 then 'limited' when free and first then 'granted' else 'held' end as verdict
  from seen
)
update writer_turn w set
  holder = case when verdict = 'granted' then $2 when mine then null else j.holder end,
  lease_until = case when verdict = 'granted' then $5::timestamptz when mine then null else j.lease_until end,
  number = j.number + case when verdict = 'granted' and same is not true then 1 else 0 end,
  asked_by = case when verdict = 'held' and first then $2 when other_rank is not null then j.asked_by end,
  asked_rank = case when verdict = 'held' and first then $4::smallint else other_rank end,
  asked_until = case when verdict = 'held' and first then $6::timestamptz
    when other_rank is not null then j.asked_until end,
  minute_at = case when verdict = 'granted' then greatest(j.minute_at, $3) + $7 * interval '1 ms' else j.minute_at end,
  hour_at = case when verdict = 'granted' then greatest(j.hour_at, $3) + $9 * interval '1 ms' else j.hour_at end
from judged j where w.installation_id = j.installation_id
returning verdict, w.number,
  case when verdict = 'limited' then allowed_at when not free then j.lease_until else $6 end as retry_at,
  case when mine and verdict <> 'granted' and other_rank is not null then ${FREE_NOTICE} end`;

const RELEASE = `
update writer_turn w set holder = null, lease_until = null
where installation_id = $1 and holder = $2 and number = $3
returning case when asked_until > $4 then ${FREE_NOTICE} end`;

const BLOCK = `
with row as (
  select *, $4::boolean and (blocked_until is null or blocked_until <= $2) as counts
  from writer_turn where installation_id = $1 for update
)
update writer_turn w set
  strikes = row.strikes + case when counts then 1 else 0 end,
  blocked_until = case
    when not counts then greatest(row.blocked_until, $3::timestamptz)
    when row.strikes = 0 and $3 is not null then $3
    else greatest($3, $2::timestamptz + least($5 * power(2, least(row.strikes, 30)), $6) * interval '1 ms') end
from row where w.installation_id = row.installation_id
returning w.blocked_until, w.strikes,
  pg_notify('${CHANNEL}', json_build_object('installationId', w.installation_id, 'strikes', w.strikes,
    'blockedUntilMs', floor(extract(epoch from w.blocked_until) * 1000))::text)`;
