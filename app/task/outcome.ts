import { z } from 'zod';
import type { WorkerResult } from '../../protocol/index.ts';
import type { PersonCause } from './checks/verdict.ts';
import type { CheckResult } from './checks/check.ts';
import type { Failure } from './failure.ts';

/** What the publisher withheld, and why; `code` is the gate check that refused. */
export interface Withheld {
  readonly code: string;
  readonly path: string | null;
  readonly message: string;
}

/** How a session ended, as compute and the door saw it. */
export const SessionEnd = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('finished') }),
  z.object({ kind: z.literal('exited'), exitCode: z.number().nullable(), outOfMemory: z.boolean() }),
  /** A `before` step said so; no agent was started. */
  z.object({ kind: z.literal('nothing_to_do'), reason: z.string() }),
  z.object({ kind: z.literal('stopped'), why: z.enum(['cancel', 'pause', 'timeout', 'idle']) }),
]);
export type SessionEnd = Readonly<z.infer<typeof SessionEnd>>;

/** Work that stays on the server: a patch to look at, and commits that the next attempt continues from. */
export interface KeptWork {
  readonly commits: number;
  readonly filesChanged: number;
  /** Lines added and removed; absent where the patch was too large to count. */
  readonly linesChanged?: number;
}

/** What the publisher found and did. `kept` is what did not leave; absent or null where there was no work. */
export type PublishFacts =
  | {
      readonly kind: 'nothing';
      readonly why: 'no_commits' | 'dry_run' | 'cancelled' | 'question' | 'not_published';
      readonly kept?: KeptWork | null;
    }
  | { readonly kind: 'withheld'; readonly withheld: readonly Withheld[]; readonly kept?: KeptWork | null }
  /** Nothing forbids it, and a person has to look first. */
  | {
      readonly kind: 'held';
      /** The commit that would be pushed. */
      readonly commit: string;
      readonly findings: readonly Withheld[];
      /** The start of the patch; untrusted text. */
      readonly excerpt: string;
      readonly kept: KeptWork;
    }
  | {
      readonly kind: 'pushed';
      readonly headSha: string;
      readonly commits: number;
      readonly filesChanged: number;
      readonly linesChanged?: number;
      /** The commits were made earlier; this attempt needed no model to open their pull request. */
      readonly isEarlier?: true;
    }
  | { readonly kind: 'failed'; readonly failure: Failure; readonly kept?: KeptWork | null };

/** What GitHub holds after publishing. */
export interface GitHubFacts {
  readonly branchSha: string | null;
  readonly pull: {
    readonly number: number;
    readonly url: string;
    readonly draft: boolean;
    readonly state: 'open' | 'closed' | 'merged';
  } | null;
}

export interface OutcomeFacts {
  readonly session: SessionEnd;
  readonly modelCalls: number;
  readonly result: WorkerResult | null;
  /** How the checks of the work stand; absent or empty where none ran. */
  readonly checks?: readonly CheckResult[] | null;
  readonly publish: PublishFacts;
  readonly github: GitHubFacts | null;
  readonly dryRun: boolean;
  /** A person's wish that was open when the session ended; a worker told to stop may report before it is stopped. */
  readonly stop?: 'cancel' | 'pause' | null;
  /** Attempts lost in a row, this one included when it was lost too. */
  readonly lostAttempts?: number;
}

/** The conclusion shown to people, stored with the task. */
export interface Outcome {
  readonly kind:
    | 'published'
    | 'reported'
    | 'partial'
    | 'no_changes'
    | 'question'
    | 'dry_run'
    /** A `before` step of the repository said that there is nothing to do; `summary` is why. */
    | 'nothing_to_do'
    | 'cancelled'
    | 'failed'
    | 'held';
  /** Of what was published, or else of what was kept on the server. */
  readonly filesChanged: number;
  /** Absent where it is not known, and in tasks of before version 0.4. */
  readonly linesChanged?: number;
  readonly commits: number;
  readonly verified: 'passed' | 'failed' | 'not_run';
  readonly summary: string;
  readonly questions: readonly string[];
  readonly withheld: readonly Withheld[];
  /** Files the worker left out of the commit although the repository does not ignore them; untrusted text. */
  readonly leftOut?: readonly string[];
  readonly turns: number;
}

/** Where the task goes from FINALIZING. */
export type Verdict =
  | { readonly to: 'COMPLETED'; readonly outcome: Outcome }
  | { readonly to: 'FAILED' | 'TIMED_OUT'; readonly outcome: Outcome; readonly failure: Failure }
  | { readonly to: 'CANCELLED'; readonly outcome: Outcome }
  | {
      readonly to: 'SUBMITTED';
      readonly outcome: Outcome;
      readonly reason: 'budget' | 'human' | 'paused' | 'model';
      readonly note: string;
    }
  /** The agent continues at once with what was found; its work is kept and not pushed. */
  | { readonly to: 'SUBMITTED'; readonly outcome: Outcome; readonly reason: 'slot'; readonly note: string }
  /** The work is published, and only a person can say whether it is good. */
  | {
      readonly to: 'SUBMITTED';
      readonly outcome: Outcome;
      readonly reason: 'human';
      readonly note: string;
      readonly checkpoint: { readonly subject: string; readonly cause: PersonCause };
    }
  /** It waits for a person who looks at the work and releases it. */
  | {
      readonly to: 'SUBMITTED';
      readonly outcome: Outcome;
      readonly reason: 'approval';
      readonly note: string;
      /** What is held: the commit, why, and the start of its patch. */
      readonly ask: { readonly subject: string; readonly findings: readonly Withheld[]; readonly excerpt: string };
    };
