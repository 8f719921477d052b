import type { Queryable } from '../../database.ts';
import { decideDraw } from '../../rules/charge.ts';
import type { AttemptStore, Drawn, LedgerTotals } from '../../stores.ts';
import { changeTask } from '../changes/change-task.ts';
import { lockSlots, lockTask } from '../changes/lock-task.ts';
import { timeOf } from '../lease-clock.ts';
import type { WakingDatabase } from '../waking-database.ts';

/** `seenAt` is from `leaseTime`. */
type Seen<Method extends 'draw' | 'settle' | 'settleOrphans'> = Parameters<AttemptStore[Method]>[0] & {
  readonly seenAt: Date | null;
};

/**
 * One statement on the attempt's row alone: callers that race for the same money wait for each other there, and each
 * sees what the one before left. A request id that was drawn before is not drawn again.
 */
export async function draw(db: Queryable, request: Seen<'draw'>): Promise<Drawn> {
  const { taskId, epoch, requestId, model, upperNano, keepNano, now, seenAt, purpose = 'work', provider } = request;
  const [row] = await db.query<{ budget_nano: number; spent_nano: number; inflight_nano: number; drawn: boolean }>({
    name: 'money-draw',
    text: DRAW,
    values: [taskId, epoch, requestId, model, upperNano, keepNano, now, seenAt, purpose, provider ?? null],
  });
  if (row === undefined) {
    return { drawn: false, why: 'stale' };
  }
  const leftNano = row.budget_nano - row.spent_nano - row.inflight_nano;
  if (row.drawn) {
    return { drawn: true, reservationId: requestId, leftNano };
  }
  const why = decideDraw(
    { budgetNano: row.budget_nano, spentNano: row.spent_nano, inflightNano: row.inflight_nano },
    { upperNano, keepNano },
  );
  return { drawn: false, why: why === 'wrap_up' ? 'wrap_up' : 'exhausted', leftNano };
}

// All money is taken from the locked row: PostgreSQL checks constraints on the row as the statement's snapshot has it,
// before it looks at the newest version, so a mixture of both could be refused for nothing.
const DRAW = `
with held as (
  select * from attempt where task_id = $1 and epoch = $2 and (open or ($9::text <> 'work' and ended_at is null)) for update
),
known as (select request_id from ledger where request_id = $3),
drawn as (
  update attempt a
  set budget_nano = held.budget_nano, spent_nano = held.spent_nano, inflight_nano = held.inflight_nano + $5,
    model_calls = held.model_calls + 1, progress_at = ${timeOf('$8')}
  from held
  where a.task_id = held.task_id and a.epoch = held.epoch and not exists (select from known)
    and held.spent_nano + held.inflight_nano + $5 <= held.budget_nano - $6
  returning a.task_id, a.epoch, a.inflight_nano
),
noted as (
  insert into ledger (request_id, task_id, epoch, model, upper_nano, drawn_at, purpose, provider)
  select $3, task_id, epoch, $4, $5, $7, $9::text, $10 from drawn
)
select held.budget_nano, held.spent_nano, coalesce(drawn.inflight_nano, held.inflight_nano) as inflight_nano,
  (drawn.task_id is not null or exists (select from known)) as drawn
from held left join drawn on true`;

/**
 * One statement while the attempt lives. Afterwards its money stands in the shared scopes and on the task, so they
 * change with it, in the order of `lock-task.ts`, and its reports are due again because they showed another amount.
 */
export async function settle(database: WakingDatabase, request: Seen<'settle'>): Promise<{ settled: boolean }> {
  const { usage, now, seenAt } = request;
  const values = [
    request.requestId,
    Math.max(0, request.costNano),
    usage.inputTokens,
    usage.outputTokens,
    usage.cacheWriteTokens,
    usage.cacheReadTokens,
    now,
  ];
  const [row] = await database.query<SettleRow>({
    name: 'money-settle',
    text: SETTLE_LIVE,
    values: [...values, seenAt],
  });
  if (row === undefined || row.state === 'settled') {
    return { settled: false };
  }
  if (row.done) {
    return { settled: true };
  }
  return database.transaction(async (tx) => {
    await lockSlots(tx);
    await lockTask(tx, { taskId: row.task_id, depth: 'task' });
    const rows = await tx.query({ name: 'money-settle-late', text: SETTLE_LATE, values });
    if (rows.length > 0) {
      tx.wake({ kind: 'report', id: row.task_id });
    }
    return { settled: rows.length > 0 };
  });
}

interface SettleRow {
  readonly task_id: string;
  readonly state: 'reserved' | 'settled';
  readonly done: boolean;
}

const ENTER = `
  update ledger l set state = 'settled', cost_nano = least($2, l.upper_nano),
    overrun_nano = greatest(0, $2 - l.upper_nano), input_tokens = $3, output_tokens = $4, cache_write_tokens = $5,
    cache_read_tokens = $6, settled_at = $7`;

// The attempt first: a ledger row has no other writer, but the attempt may be about to end.
const SETTLE_LIVE = `
with asked as (select request_id, task_id, epoch, state from ledger where request_id = $1),
held as (
  select a.task_id, a.epoch from attempt a
  where (a.task_id, a.epoch) = (select task_id, epoch from asked) and a.ended_at is null
  for update
),
entered as (${ENTER}
  from held
  where l.request_id = $1 and l.state = 'reserved' and l.task_id = held.task_id
  returning l.task_id, l.epoch, l.upper_nano, l.cost_nano
),
charged as (
  update attempt a
  set inflight_nano = a.inflight_nano - entered.upper_nano, spent_nano = a.spent_nano + entered.cost_nano,
    progress_at = greatest(a.progress_at, ${timeOf('$8')})
  from entered where a.task_id = entered.task_id and a.epoch = entered.epoch
)
select asked.task_id, asked.state, exists (select from entered) as done from asked`;

const SETTLE_LATE = `
with entered as (${ENTER}
  where l.request_id = $1 and l.state = 'reserved'
  returning l.task_id, l.epoch, l.upper_nano, l.cost_nano
),
charged as (
  update attempt a
  set inflight_nano = a.inflight_nano - entered.upper_nano, spent_nano = a.spent_nano + entered.cost_nano
  from entered where a.task_id = entered.task_id and a.epoch = entered.epoch
  returning a.task_id, a.scope_keys, entered.upper_nano, entered.cost_nano
),
${changeTask({
  set: ['spent_nano = task.spent_nano + charged.cost_nano', 'held_nano = task.held_nano - charged.upper_nano'],
  from: 'charged',
  where: 'task.id = charged.task_id',
  returning: 'task.*',
  at: '$7::timestamptz',
  events: `'[]'::jsonb`,
})},
folded as (
  update budget_scope b
  set reserved_nano = b.reserved_nano - charged.upper_nano, spent_nano = b.spent_nano + charged.cost_nano
  from charged where b.key = any (charged.scope_keys)
)
select task_id from charged`;

const NO_USAGE = { inputTokens: 0, outputTokens: 0, cacheWriteTokens: 0, cacheReadTokens: 0 };

/** What a process that is gone left in flight is charged in full: the provider may have done the work. */
export async function settleOrphans(database: WakingDatabase, options: Seen<'settleOrphans'>): Promise<number> {
  const rows = await database.query<{ request_id: string; upper_nano: number }>({
    name: 'money-orphans',
    text: `select request_id, upper_nano from ledger where state = 'reserved' and drawn_at < $1 order by drawn_at`,
    values: [options.olderThan],
  });
  let count = 0;
  for (const { request_id: requestId, upper_nano: costNano } of rows) {
    const { settled } = await settle(database, {
      requestId,
      costNano,
      usage: NO_USAGE,
      now: options.now,
      seenAt: options.seenAt,
    });
    count += settled ? 1 : 0;
  }
  return count;
}

export async function totals(db: Queryable, taskId: string): Promise<LedgerTotals[]> {
  const rows = await db.query<TotalsRow>({ name: 'money-totals', text: TOTALS, values: [taskId] });
  return rows.map((row) => ({
    purpose: row.purpose,
    provider: row.provider,
    model: row.model,
    requests: row.requests,
    usage: {
      inputTokens: row.input_tokens,
      outputTokens: row.output_tokens,
      cacheWriteTokens: row.cache_write_tokens,
      cacheReadTokens: row.cache_read_tokens,
    },
    costNano: row.cost_nano,
  }));
}

interface TotalsRow {
  readonly purpose: LedgerTotals['purpose'];
  readonly provider: string | null;
  readonly model: string;
  readonly requests: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cache_write_tokens: number;
  readonly cache_read_tokens: number;
  readonly cost_nano: number;
}

const TOTALS = `
select purpose, provider, model, count(*)::int as requests, sum(input_tokens)::bigint as input_tokens,
  sum(output_tokens)::bigint as output_tokens, sum(cache_write_tokens)::bigint as cache_write_tokens,
  sum(cache_read_tokens)::bigint as cache_read_tokens, sum(cost_nano + overrun_nano)::bigint as cost_nano
from ledger where task_id = $1 and state = 'settled'
group by purpose, provider, model
order by purpose collate "C" desc, model collate "C", provider collate "C" nulls first`;
