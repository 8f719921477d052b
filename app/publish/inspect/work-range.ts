/** What a worker made: the commits of an attempt's repository between the one it was given and the one it left. */
export interface WorkRange {
  /** Repository of the attempt. */
  readonly gitDir: string;
  readonly baseSha: string;
  readonly tipSha: string;
}
