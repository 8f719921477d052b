import type { Block, BlockState, Pace, WriteLock, WriteLockRequest } from '../../task/ports/write-locks.ts';

/** The row of an installation. */
export interface WriteLockRow {
  readonly holder: string | null;
  readonly number: number;
  readonly leaseUntil: Date | null;
  readonly asked: { readonly by: string; readonly rank: number; readonly until: Date } | null;
  /** When the writes so far would have been sent at their average pace; the row is ahead of time by what was written. */
  readonly minuteAt: Date;
  readonly hourAt: Date;
  readonly blockedUntil: Date | null;
  readonly strikes: number;
}

/** A process that waits for the lock asks again within this time. */
export const ASK_MS = 2_000;

export const NEW_TURN_ROW: WriteLockRow = {
  holder: null,
  number: 0,
  leaseUntil: null,
  asked: null,
  minuteAt: new Date(0),
  hourAt: new Date(0),
  blockedUntil: null,
  strikes: 0,
};

export interface WriteLockDecision {
  readonly turn: WriteLock;
  readonly row: WriteLockRow;
  /** Whether a waiting process can have the lock from here on. */
  readonly freed: boolean;
}

/** Who may write, and what the row is after that. PostgreSQL decides the same in one statement. */
export function decideWriteLock(row: WriteLockRow, ask: WriteLockRequest): WriteLockDecision {
  const { holder, now, rank } = ask;
  const asked = row.asked !== null && row.asked.until > now ? row.asked : null;
  const isMine = row.holder === holder;
  const isFree = isMine || row.leaseUntil === null || row.leaseUntil <= now;
  const isFirst = asked === null || asked.by === holder || asked.rank > rank;
  const others = asked !== null && asked.by !== holder ? asked : null;
  const idle = isMine ? { ...row, holder: null, leaseUntil: null } : row;

  const allowedAt = Math.max(
    row.blockedUntil?.getTime() ?? 0,
    allowedAtMs(row.minuteAt, ask.minute),
    allowedAtMs(row.hourAt, ask.hour),
  );
  if (allowedAt > now.getTime()) {
    const turn: WriteLock = { granted: false, why: 'limited', retryAt: new Date(allowedAt) };
    return { turn, row: { ...idle, asked: others }, freed: isMine && others !== null };
  }
  if (!isFree || !isFirst) {
    const mine = { by: holder, rank, until: new Date(now.getTime() + ASK_MS) };
    const retryAt = isFree || row.leaseUntil === null ? new Date(now.getTime() + ASK_MS) : row.leaseUntil;
    const turn: WriteLock = { granted: false, why: 'held', retryAt };
    return { turn, row: { ...idle, asked: isFirst ? mine : asked }, freed: isMine };
  }
  const isSame = isMine && row.leaseUntil !== null && row.leaseUntil > now;
  const number = isSame ? row.number : row.number + 1;
  return {
    turn: { granted: true, number },
    row: {
      ...row,
      holder,
      number,
      leaseUntil: new Date(now.getTime() + ask.leaseMs),
      asked: others,
      minuteAt: moveOn(row.minuteAt, ask.minute, now),
      hourAt: moveOn(row.hourAt, ask.hour, now),
    },
    freed: false,
  };
}

/** A refusal while everyone is blocked already is the same refusal, seen by a request that was under way. */
export function decideBlock(row: BlockState, { now, strike, until }: Block): BlockState {
  const current = row.blockedUntil?.getTime() ?? 0;
  const named = until?.getTime() ?? 0;
  if (strike === null || current > now.getTime()) {
    const latest = Math.max(current, named);
    return { blockedUntil: latest === 0 ? null : new Date(latest), strikes: row.strikes };
  }
  const strikes = row.strikes + 1;
  const own = now.getTime() + Math.min(strike.firstMs * 2 ** row.strikes, strike.lastMs);
  // GitHub's own time counts; ours only grows when it keeps refusing.
  return { blockedUntil: new Date(strikes === 1 && until !== null ? named : Math.max(named, own)), strikes };
}

function allowedAtMs(at: Date, { burst, everyMs }: Pace): number {
  return at.getTime() - (burst - 1) * everyMs;
}

function moveOn(at: Date, { everyMs }: Pace, now: Date): Date {
  return new Date(Math.max(at.getTime(), now.getTime()) + everyMs);
}
