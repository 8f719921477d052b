import type { AttemptState, WaitReason } from '../../protocol/index.ts';

/** What stands in the rows now, for metrics. */
export interface QueueStats {
  /** Tasks with a live attempt. */
  readonly live: Readonly<Record<AttemptState, number>>;
  /** Tasks in SUBMITTED; `slot` are those that could be claimed as far as they alone are concerned. */
  readonly waits: Readonly<Record<WaitReason, number>>;
  /** Deliveries not routed, messages not delivered, and tasks of which something is not shown yet. */
  readonly deliveries: number;
  readonly messages: number;
  readonly reports: number;
}

export interface QueueStatsStore {
  /** Counts without looking at tasks that wait for a slot, of which there may be a million: lanes count those. */
  read(): Promise<QueueStats>;
}
