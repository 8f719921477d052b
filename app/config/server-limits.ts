import type { PriceTable } from '../budget/prices.ts';
import type { BudgetLimits } from '../budget/scopes.ts';
import type { NanoUsd } from '../task/task.ts';
import type { TierTable } from '../task/tiers/model-tiers.ts';

/** What nobody on GitHub can raise. */
export interface ServerLimits {
  readonly concurrency: { readonly repository: number; readonly user: number; readonly server: number };
  readonly tasksPerUserPerHour: number;
  readonly budgets: BudgetLimits;
  /** The most one task may ask for; null is no cap of its own. */
  readonly taskBudgetNano: NanoUsd | null;
  readonly maxTimeoutMs: number;
}

/** What a task gets when neither its command nor the repository's file says otherwise. */
export interface TaskDefaults {
  readonly model: string;
  readonly maxTurns: number;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly priority: number;
  readonly promptTokenBudget: number;
  readonly taskBudgetNano: NanoUsd;
  /** Models that have a price; a task may name no other. */
  readonly prices: PriceTable;
  /** The models of each tier. */
  readonly tiers: TierTable;
  /** Images that repositories may choose from; null where workers do not run in images. */
  readonly images: readonly string[] | null;
}

export interface HttpSettings {
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | null;
  /** `poll`: GitHub cannot reach this server and is asked for its deliveries. */
  readonly intake: 'webhook' | 'poll';
  /** Lets other machines read what tasks cost; null lets none. */
  readonly metricsToken: string | null;
}
