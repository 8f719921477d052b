import type { Actor, RepositoryRef } from '../task/task.ts';
import type { Incoming } from './incoming.ts';

/** Something that happened to a pull request and is no command: somebody reviewed it, or a check failed at a commit. */
export interface Signal {
  readonly installationId: number;
  readonly repository: Incoming['repository'] & RepositoryRef;
  readonly at: Date;
  readonly cause:
    | {
        readonly kind: 'reviewed';
        readonly pullNumber: number;
        readonly reviewId: number;
        readonly headSha: string;
        readonly reviewer: Actor & { readonly isBot: boolean };
      }
    | {
        readonly kind: 'check_failed';
        readonly headSha: string;
        /** Where GitHub names them. */
        readonly pullNumbers: readonly number[];
        readonly branches: readonly string[];
      };
}
