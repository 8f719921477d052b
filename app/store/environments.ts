/** A prepared environment whose archive is stored. */
export interface KeptEnvironment {
  readonly key: string;
  /** SHA-256 (hex) of the archive. */
  readonly sha256: string;
  /** How many artifacts the archive is cut into. */
  readonly parts: number;
  readonly bytes: number;
  readonly madeAt: Date;
}

export type EnvironmentClaim =
  /** It is there and young enough: use it. */
  | { readonly kind: 'kept'; readonly environment: KeptEnvironment }
  /** This attempt prepares it; others that ask for the same key meanwhile wait. */
  | { readonly kind: 'yours' }
  /** Another attempt, which is under way, prepares it. */
  | { readonly kind: 'waiting'; readonly taskId: string };

/** Which environments are stored, which attempt prepares one, and when each was used last. */
export interface EnvironmentStore {
  /**
   * Finds the environment of a key, or lets one attempt prepare it. `madeAfter` is how old it may be. An attempt that has
   * ended holds nothing: its claim goes to the next that asks.
   */
  claim(request: {
    key: string;
    repositoryId: number;
    taskId: string;
    epoch: number;
    madeAfter: Date;
    now: Date;
  }): Promise<EnvironmentClaim>;
  /** What this attempt prepared is stored from now on; false when the claim was lost meanwhile. */
  keep(request: { environment: KeptEnvironment; taskId: string; epoch: number; now: Date }): Promise<{ kept: boolean }>;
  /** Nothing came of it: the next may try. */
  release(request: { key: string; taskId: string; epoch: number }): Promise<void>;
  /** Forgets one whose archive is damaged or gone. */
  forget(key: string): Promise<void>;
  /** All that are stored, those not used for the longest time first. */
  list(): Promise<readonly KeptEnvironment[]>;
}
