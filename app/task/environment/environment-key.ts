import { createHash } from 'node:crypto';

/** Everything that decides what a set-up leaves behind. */
export interface EnvironmentFacts {
  readonly repositoryId: number;
  readonly compute: string;
  readonly toolchain: string;
  readonly commands: readonly string[];
  readonly inputs: readonly { readonly path: string; readonly sha: string }[];
  /** How the checkout differs from the plain one: its directories, and whether Git LFS is used. */
  readonly checkout?: readonly string[];
}

/** Raised when what is kept has another form. */
const VERSION = 1;

/** Environments are shared by what has the same key, and by nothing else; never among repositories. */
export function environmentKey(facts: EnvironmentFacts): string {
  const { checkout = [], commands, compute, inputs, repositoryId, toolchain } = facts;
  const files = inputs.map(({ path, sha }) => [path, sha]);
  const text = JSON.stringify([VERSION, repositoryId, compute, toolchain, commands, files, ...checkout]);
  return createHash('sha256').update(text).digest('hex');
}
