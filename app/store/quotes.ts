import type { Size, TaskTypeName, Tier } from '../../protocol/index.ts';
import type { Calibration, CostHistory } from '../budget/quote.ts';

/** The tasks that a quote is about. */
export interface QuotedKind {
  readonly repositoryId: number;
  readonly type: TaskTypeName;
  readonly size: Size;
  /** Null: the model was named. */
  readonly tier: Tier | null;
}

/** What ended tasks cost. Every answer looks at a bounded number of rows, however many there are. */
export interface QuoteStore {
  history(kind: QuotedKind): Promise<CostHistory>;
  calibration(repositoryId: number): Promise<Calibration>;
}

/** How many of the newest tasks are looked at. */
export const QUOTE_WINDOW = 50;
