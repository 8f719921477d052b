export interface AttemptRef {
  readonly taskId: string;
  readonly epoch: number;
}

/** The repository of one attempt: what the worker clones from and pushes to, and what the gate looks at. */
export interface AttemptRepository extends AttemptRef {
  readonly path: string;
  readonly repositoryId: number;
  readonly baseBranch: string;
  readonly baseSha: string;
  readonly workBranch: string;
  /** Commit the worker was given to start from. */
  readonly startSha: string;
  /** What workers find as `refs/submodules/<index>`. */
  readonly submodules?: readonly AttemptSubmodule[] | undefined;
}

/** A submodule of the base: a commit of another repository, whose objects the attempt borrows from that one's mirror. */
export interface AttemptSubmodule {
  readonly path: string;
  readonly sha: string;
  readonly repositoryId: number;
  readonly owner: string;
  readonly name: string;
  readonly branch: string;
  readonly isPrivate: boolean;
}

/** The ref under which workers find a submodule. */
export function submoduleRef(index: number): string {
  return `refs/submodules/${index}`;
}

/** The branch under which a check session, and no other, finds the commit it checks. */
export function checkBranch({ epoch, taskId }: AttemptRef): string {
  return `bosun/check-${taskId.toLowerCase()}-${epoch}`;
}

/** How much a worker may send: in one pack, and in all. */
export const RECEIVE_LIMITS = {
  packBytes: 50 * 1024 * 1024,
  repositoryBytes: 256 * 1024 * 1024,
  objects: 20_000,
} as const;

/** Kept for the gate, and hidden from workers: what they were given stays there even if they push something else. */
export const START_REF = 'refs/bosun/start';

/** What a worker pushed was stored and cannot be read back. A person has to look; trying again alone does not help. */
export class WorkLost extends Error {
  override readonly name = 'WorkLost';
}
