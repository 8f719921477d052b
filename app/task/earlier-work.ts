/** Work of an earlier attempt to continue from, and the base it stands on. */
export interface EarlierWork {
  readonly baseBranch: string;
  readonly baseSha: string;
  /**
   * `published`: commits on a branch at GitHub, passed by the gate. `quarantined`: what a worker pushed to the door
   * before its attempt was lost; never gated, so the gate compares it with `gateBaseSha`.
   */
  readonly source:
    | { readonly kind: 'published'; readonly branch: string; readonly sha: string }
    | { readonly kind: 'quarantined'; readonly taskId: string; readonly epoch: number; readonly sha: string };
  readonly gateBaseSha: string;
}
