/** Where a checkout is, and how git is run for it. */
export interface CheckoutPlace {
  /** Working copy with a `.git` of its own, where the agent may do what it likes. */
  readonly repository: string;
  /** Bare repository that only the worker uses; what the agent does to its `.git` does not reach it. */
  readonly keep: string;
  readonly remote: string;
  readonly localEnv: Readonly<Record<string, string>>;
  readonly doorEnv: Readonly<Record<string, string>>;
}
