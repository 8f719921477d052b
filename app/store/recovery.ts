/** What the sweeps for lost deliveries and triggers store, over all processes. */
export interface RecoveryStore {
  /**
   * Claims a scheduled job that is due and not leased; `early` claims it also before it is due. Null when there is
   * nothing to do. A lease that has run out is taken over under a higher number.
   */
  claimJob(ask: {
    name: string;
    holder: string;
    now: Date;
    leaseMs: number;
    early: boolean;
  }): Promise<{ readonly number: number; readonly cursor: string | null } | null>;
  /** False when another process has it by now. */
  extendJob(held: JobLease & { readonly now: Date; readonly leaseMs: number }): Promise<boolean>;
  /** Ends a round: the next is due then. A null cursor keeps the one before. False, and nothing written, for a lost lease. */
  finishJob(
    held: JobLease & { readonly now: Date; readonly dueAt: Date; readonly cursor: string | null },
  ): Promise<boolean>;

  /** By repository id; those that were never looked at are missing. */
  readWatches(repositoryIds: readonly number[]): Promise<Map<number, Watch>>;
  /** Never goes back in time. */
  writeWatch(repositoryId: number, watch: Watch): Promise<void>;
}

export interface JobLease {
  readonly name: string;
  readonly holder: string;
  readonly number: number;
}

export interface Watch {
  readonly etag: string | null;
  readonly seenThrough: Date;
}
