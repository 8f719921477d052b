import type { RepoReader } from './repo-values.ts';

/** One key of `.github/bosun.yml`: what the documentation says of it and how its value is read. */
export interface RepoKey<T> extends RepoReader<T> {
  readonly description: string;
  /** As it would be written in the file. */
  readonly fallback: string;
  readonly example: string;
}

export function key<T>(reader: RepoReader<T>, told: Omit<RepoKey<T>, 'allowed' | 'read'>): RepoKey<T> {
  return { ...told, ...reader };
}
