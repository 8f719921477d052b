/**
 * By which clock leases, heartbeats and the mutex of writers are timed: the database's, so that a process whose own clock
 * is wrong takes nothing over from a healthy one. `caller` is for tests that bring a time of their own.
 */
export type LeaseClock = 'database' | 'caller';

/** The value of the parameter that `timeOf` reads; null lets the statement ask the database. */
export function leaseTime(clock: LeaseClock, now: Date): Date | null {
  return clock === 'caller' ? now : null;
}

/** SQL: the time by which a statement judges leases. */
export function timeOf(param: string): string {
  return `coalesce(${param}::timestamptz, now())`;
}

/** SQL: when a lease that is granted at this moment ends; the time its statement waited for locks is not taken from it. */
export function leaseEnd(param: string, leaseMs: string): string {
  return `coalesce(${param}::timestamptz, clock_timestamp()) + make_interval(secs => ${leaseMs}::float8 / 1000)`;
}
