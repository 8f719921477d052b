/**
 * Whose turn it is to write to an installation, over all processes, and how much has been written. GitHub asks for one
 * writer at a time and counts what an installation creates, whichever process does it. The composition root gives the
 * implementation; every call is one statement. A turn is a lease with a number: it lapses unless it is extended.
 */
export interface WriteLocks {
  /** Asks for the next write and, when it is granted, counts it. Whoever holds the turn asks again for each write. */
  take(ask: WriteLockRequest): Promise<WriteLock>;
  /** Keeps a turn while a write takes long; false when somebody else has it by now. */
  extend(held: HeldWriteLock & { readonly now: Date; readonly leaseMs: number }): Promise<boolean>;
  /** Lets others write; nothing when the turn is somebody else's by now. */
  release(held: HeldWriteLock & { readonly now: Date }): Promise<void>;
  /** GitHub said to stop, or nothing is left of the hour. */
  block(block: Block): Promise<BlockState>;
  /** GitHub takes requests again: the next refusal counts as the first. */
  calm(about: { readonly installationId: number; readonly now: Date }): Promise<void>;
  readBlock(about: { readonly installationId: number; readonly now: Date }): Promise<BlockState>;
  /** Tells of turns given back and of blocks, also those of other processes; null when something may have been missed. */
  watch(onNotice: (notice: WriteLockNotice | null) => void): void;
}

/** One write every `everyMs` on average, and `burst` of them at once after a quiet time. */
export interface Pace {
  readonly everyMs: number;
  readonly burst: number;
}

export interface WriteLockRequest {
  readonly installationId: number;
  /** Names the process that asks. */
  readonly holder: string;
  /** 0 goes first. A holder lets go for someone who waits with the same rank or a lower one. */
  readonly rank: number;
  /** `everyMs` is the same in every ask; a smaller `burst` leaves room for others. */
  readonly minute: Pace;
  readonly hour: Pace;
  readonly now: Date;
  readonly leaseMs: number;
}

export type WriteLock =
  | { readonly granted: true; readonly number: number }
  /** `held`: someone else writes until then at most. `limited`: nobody of this rank may write before. */
  | { readonly granted: false; readonly why: 'held' | 'limited'; readonly retryAt: Date };

export interface HeldWriteLock {
  readonly installationId: number;
  readonly holder: string;
  readonly number: number;
}

export interface Block {
  readonly installationId: number;
  readonly now: Date;
  /** The time GitHub named. */
  readonly until: Date | null;
  /** Set when a request was refused: each refusal in a row doubles the wait from `firstMs` up to `lastMs`. */
  readonly strike: { readonly firstMs: number; readonly lastMs: number } | null;
}

export interface BlockState {
  readonly blockedUntil: Date | null;
  /** Refusals in a row. */
  readonly strikes: number;
}

export interface WriteLockNotice {
  /** `blocked`: the block is another than it was, and is read again where it is needed. */
  readonly kind: 'free' | 'blocked';
  readonly installationId: number;
}
