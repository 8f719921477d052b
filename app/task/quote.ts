/** What a task was expected to cost when it was asked for, in nano-USD. It stands in its settings, beside what it cost in the end. */
export interface Quote {
  /** Half of the tasks cost no more. */
  readonly p50Nano: number;
  /** Nine of ten cost no more. */
  readonly p90Nano: number;
  /** How many tasks it is drawn from. */
  readonly tasks: number;
  /** `same`: this repository, type, size and tier; `repository`: this repository and type; `server`: this type. */
  readonly basis: 'same' | 'repository' | 'server';
  /** Earlier quotes of the repository were too low, so this one was widened. */
  readonly widened?: true;
}
