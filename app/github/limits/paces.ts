import type { WritePriority } from '../github.ts';
import type { Pace } from '../../task/ports/write-locks.ts';

/** 0 goes first. */
export const RANK: Readonly<Record<WritePriority, number>> = { high: 0, normal: 1, low: 2 };

/**
 * In no minute more than 70 writes (GitHub: 80), in no hour more than 490 (GitHub: 500): the burst of the first class and
 * what the pace allows meanwhile. A lower class stops earlier, so what ends is shown while progress waits.
 */
export const MINUTE: Readonly<Record<WritePriority, Pace>> = {
  high: { everyMs: 1_200, burst: 20 },
  normal: { everyMs: 1_200, burst: 15 },
  low: { everyMs: 1_200, burst: 10 },
};

export const HOUR: Readonly<Record<WritePriority, Pace>> = {
  high: { everyMs: 12_000, burst: 190 },
  normal: { everyMs: 12_000, burst: 150 },
  low: { everyMs: 12_000, burst: 60 },
};

/** How long a write may wait before its caller hears `limited`. */
export const PATIENCE_MS: Readonly<Record<WritePriority, number>> = { high: 12_000, normal: 12_000, low: 2_000 };

/** A turn outlives its process by at most this. */
export const LEASE_MS = 10_000;
/** How soon to ask again for a turn somebody else has, unless that one tells of its end. */
export const HELD_LOOK_MS = 1_000;

/** What to wait at the first refusal when GitHub names no time, and at most. */
export const STRIKE = { firstMs: 60_000, lastMs: 15 * 60_000 };
