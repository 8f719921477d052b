import type { GitHub, PullFacts } from '../github/github.ts';
import type { Fence } from '../task/fence.ts';
import type { RepositoryRef, Task } from '../task/task.ts';
import type { PreparedWork } from './prepare-work.ts';
import type { PublisherOptions } from './publisher-options.ts';

/** What is known when the commits are to be pushed. */
export interface PushContext {
  readonly fence: Fence;
  readonly github: GitHub;
  readonly repository: RepositoryRef;
  readonly defaultBranch: string;
  /** The thread was edited after the approval. */
  readonly newerText: boolean;
  readonly work: PreparedWork;
  readonly options: PublisherOptions;
}

export interface PushedBranch {
  /** The task as it is recorded after the push; its branch may have got a suffix. */
  readonly task: Task;
  /** The pull request of the branch that was there before. */
  readonly pull: PullFacts | null;
  /** The work as it stands at GitHub: with signed commits its head is another one than was approved. */
  readonly work: PreparedWork;
}
