/**
 * By which clock leases, heartbeats, due times and the mutex of writers are timed: the database's, so that a process whose
 * own clock is wrong neither takes work from a healthy one nor leaves it lying. `caller` is for tests that bring a time of
 * their own.
 */
export type LeaseClock = 'database' | 'caller';

/** The value of the parameter that `timeOf` reads; null lets the statement ask the database. */
export function leaseTime(clock: LeaseClock, now: Date): Date | null {
  return clock === 'caller' ? now : null;
}

/** SQL: the present by which a statement compares leases and due times. */
export function timeOf(param: string): string {
  return `coalesce(${param}::timestamptz, now())`;
}

/** SQL: a time of the caller's clock, given as its distance in milliseconds from the caller's now. */
export function timeIn(param: string, ms: string): string {
  return `${timeOf(param)} + make_interval(secs => ${ms}::float8 / 1000)`;
}

/** SQL: how many milliseconds after the present `at` is; negative for the past. */
export function msUntil(at: string, param: string): string {
  return `(extract(epoch from ${at} - ${timeOf(param)}) * 1000)::float8`;
}

/** The caller's time that is this far from its now; null stays null. */
export function callerTime(ms: number | null, now: Date): Date | null {
  return ms === null ? null : new Date(now.getTime() + ms);
}

/** SQL: when a lease that is granted at this moment ends; the time its statement waited for locks is not taken from it. */
export function leaseEnd(param: string, leaseMs: string): string {
  return `coalesce(${param}::timestamptz, clock_timestamp()) + make_interval(secs => ${leaseMs}::float8 / 1000)`;
}
