import type { AgentChoice, Size, TaskState, TaskTypeName, Tier, WaitReason } from '../../protocol/index.ts';
import type { TaskSteps } from './checks/steps.ts';
import type { TaskVerdict } from './checks/verdict.ts';
import type { Failure } from './failure.ts';
import type { PushRule, Question } from './question.ts';
import type { Quote } from './quote.ts';
import type { BlockedOn } from './scope.ts';
import type { Outages } from './outages.ts';
import type { Outcome } from './outcome.ts';
import type { TierModel } from './tiers/model-tiers.ts';
import type { Route } from './tiers/route.ts';

/** 10⁻⁹ USD as an integer. Safe in a JS number up to nine million USD. Conversion: `app/budget/money.ts`. */
export type NanoUsd = number;

/** A repository by its numeric id; owner and name are what GitHub called it last and may go stale. */
export interface RepositoryRef {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
}

/** A person or bot by numeric id; the login is for display only and never an authority. */
export interface Actor {
  readonly id: number;
  readonly login: string;
}

/** Whoever works on the server itself: they act through the command line and have no account there. */
export const OPERATOR: Actor = { id: 0, login: 'the operator' };

/** An issue or pull request in a repository. */
export interface Thread {
  readonly number: number;
  readonly kind: 'issue' | 'pull_request';
}

/**
 * What set the task off: a command in a comment, a label event, a person at the command line; or, where the repository's
 * file says so, a review or failing check of a pull request, or the end of the task before it in a chain.
 */
export interface Trigger {
  readonly kind: 'comment' | 'label' | 'cli' | 'event' | 'chain';
  /** Comment id for `comment`, else null. */
  readonly commentId: number | null;
  readonly url: string | null;
}

/** What a person asked for in one command; absent is not given. */
export interface SettingFlags {
  readonly model?: string;
  readonly tier?: Tier;
  readonly size?: Size;
  readonly budgetNano?: NanoUsd;
  readonly maxTurns?: number;
  readonly timeoutMs?: number;
  readonly base?: string;
  readonly path?: string;
  readonly priority?: number;
  readonly dryRun?: boolean;
  /** Set up again instead of using what an earlier task installed. */
  readonly fresh?: boolean;
}

/** The request and the repository's file, resolved against the defaults and frozen when the task was admitted. */
export interface TaskSettings {
  readonly model: string;
  /** Name of the provider that serves the model; absent or null is the first that has it. Absent before version 0.4, as the next four. */
  readonly provider?: string | null;
  /** Null where the model was named. */
  readonly tier?: Tier | null;
  readonly size?: Size;
  readonly fallbacks?: readonly TierModel[];
  /** Whether a small model asks what is open before the work begins. */
  readonly readiness?: boolean;
  /** What it was expected to cost; null without history. Absent before version 0.4. */
  readonly quote?: Quote | null;
  /** The routes of the attempts that follow when work has gaps. */
  readonly raises?: readonly Route[];
  readonly maxTurns: number;
  readonly timeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly baseBranch: string | null;
  readonly path: string | null;
  readonly dryRun: boolean;
  /**
   * Commands of the repository's file that set a fresh clone up; null detects them, an empty list is no set-up. Tasks
   * of before version 0.2 have a text here.
   */
  readonly setup: readonly string[] | string | null;
  /** Absent in tasks of before version 0.2. */
  readonly environment?: EnvironmentSettings;
  readonly checkout?: CheckoutSettings;
  /** Name of the image that the repository's file chose; null is the server's default. Absent in tasks of before 0.2. */
  readonly image?: string | null;
  /** Command of the repository's file that tests the work; null detects it, `none` runs nothing. */
  readonly verify: string | null;
  /** Steps of the repository's file around the agent. Absent in tasks of before version 0.4. */
  readonly steps?: TaskSteps;
  /** How it is decided whether the work is good. Absent in tasks of before version 0.4. */
  readonly verdict?: VerdictSettings;
  readonly agent: Readonly<AgentChoice>;
  /** Extra instructions of the repository's file. */
  readonly instructions: string | null;
  /** Comments of whom enter the prompt. */
  readonly commentsFrom: 'writers' | 'everyone';
  readonly push?: PushRule;
  /** Whether GitHub makes and signs the commits; null where the rules of the branch decide. */
  readonly signedCommits?: boolean | null;
  /** Whose approval the check run waits for; absent: nobody's. */
  readonly humanApproval?: { readonly notRequester: boolean };
  /** What follows by itself once the task of an issue has opened its pull request; absent: nothing. */
  readonly chain?: readonly ('review' | 'fix')[];
  readonly promptTokenBudget: number;
  /** Path patterns blocked in addition to the built-in list. */
  readonly protectedPaths: readonly string[];
  readonly secretsAllowed?: readonly string[];
  /** The flags of the command, which `/retry` repeats. Absent in tasks of before 0.2. */
  readonly asked?: SettingFlags;
  /** What the repository's file allows at a time and a day; never above the server's. Absent: the server's alone. */
  readonly limits?: RepositoryLimits;
  /** The requester's number, when it is a bot that the repository's file allowed: such a bot has no role at GitHub. */
  readonly allowedBotId?: number;
}

/** How the environment of a task is prepared and kept. */
export interface EnvironmentSettings {
  /** A set-up that fails ends the task. */
  readonly required: boolean;
  readonly installScripts: boolean;
  /** How long what set-up left behind serves later tasks. */
  readonly ttlMs: number;
  /** Files beside the detected ones whose content decides whether set-up has to run again. */
  readonly files: readonly string[];
  /** Set up again, whatever is kept. */
  readonly fresh: boolean;
}

export interface CheckoutSettings {
  /** Commits of history in the worker; 0 is all. */
  readonly depth: number;
  /** Whether submodules are checked out. This and the next two are absent in tasks of before version 0.3. */
  readonly submodules?: boolean;
  /** Whether files that Git LFS stores are fetched. */
  readonly lfs?: boolean;
  /** The directories that are checked out; empty is all of them. */
  readonly sparse?: readonly string[];
}

export interface VerdictSettings {
  /** A model judges whether the change meets what the issue asks for. */
  readonly judge: boolean;
  /** How often the agent is sent back with what was found. */
  readonly fixes: number;
  /** A pull request that passed is no draft. */
  readonly readyWhenPassed: boolean;
}

/** Lower limits that a repository sets itself; null leaves the server's. */
export interface RepositoryLimits {
  readonly concurrency: number | null;
  readonly dayNano: NanoUsd | null;
  readonly monthNano: NanoUsd | null;
}

/** The text the signed trigger carried: what was approved. Later edits never enter. */
export interface ApprovedText {
  readonly title: string;
  readonly body: string;
  /** Author of title and body. */
  readonly author: Actor;
  /** What was written behind the command, flags taken out. */
  readonly request: string;
  /** SHA-256 (hex) over the canonical JSON of title, body and request. */
  readonly sha256: string;
  /** When the approval happened at GitHub; comments created or edited after it are left out. */
  readonly at: Date;
  /** The comment that carried the approval: GitHub's times are whole seconds, but comment ids only grow. */
  readonly throughCommentId: number | null;
}

/** Position of the publisher in what it has done outside; written before and after each act (L4). */
export interface Publication {
  /** Commit the publisher pushed for this task last, after rebuilding. */
  readonly headSha: string | null;
  /** Epoch of the attempt that made it. */
  readonly epoch: number | null;
  /** Commit the publisher is about to push to the task's branch, or has pushed. */
  readonly intendedSha: string | null;
  /** The commit that passed the gate, when GitHub made and signed the intended one in its place. */
  readonly approvedSha?: string | null;
  readonly pullNumber: number | null;
  readonly pullUrl: string | null;
  /** When Bosun last pushed or opened something (ISO 8601): for a while after that GitHub's answers may lag behind. */
  readonly writtenAt?: string | null;
}

/** One row of `task`. Only the task store writes it. */
export interface Task {
  readonly id: string;
  readonly installationId: number;
  readonly repository: RepositoryRef;
  readonly thread: Thread;
  readonly type: TaskTypeName;
  readonly state: TaskState;
  readonly priority: number;
  readonly requestedBy: Actor;
  readonly trigger: Trigger;
  readonly text: ApprovedText;
  readonly settings: TaskSettings;
  readonly retryOf: string | null;
  /** Raised once, when an attempt begins; 0 before the first. */
  readonly epoch: number;
  /** Attempts lost since the last one that ended well; at three the task fails. */
  readonly lostAttempts: number;
  readonly lease: Lease | null;
  readonly wait: Wait | null;
  readonly stop: StopRequest | null;
  /** Open while the task waits for `approval`; with its answer until that is carried out. */
  readonly question: Question | null;
  /** Of the last attempt whose work was checked. */
  readonly verdict: TaskVerdict | null;
  readonly outages: Outages;
  /** `restoredAt` of the restore after which the task was compared with GitHub last. */
  readonly comparedRestore: Date | null;
  /** Cap of the whole task over all attempts. */
  readonly budgetNano: NanoUsd;
  /** Settled spend of the whole task over all attempts. */
  readonly spentNano: NanoUsd;
  /** Upper bound of requests whose cost is not known yet, without those of a running worker. */
  readonly unsettledNano: NanoUsd;
  readonly branch: string;
  readonly baseBranch: string | null;
  readonly baseSha: string | null;
  readonly publication: Publication;
  readonly outcome: Outcome | null;
  readonly failure: Failure | null;
  /** Raised with every event; reporters compare it with what they delivered. */
  readonly revision: number;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
}

/** Who takes the next step, and until when. Every write of that owner names `number` and the epoch. */
export interface Lease {
  readonly owner: string;
  readonly number: number;
  readonly until: Date;
}

/** Why a SUBMITTED task waits, and when it is looked at again. */
export interface Wait {
  readonly reason: WaitReason;
  readonly wakeAt: Date;
  /** One line for people: which limit, which question. */
  readonly note: string | null;
  /** Scope whose release wakes it early; null when only time does. */
  readonly blockedOn: BlockedOn | null;
}

/** A wish to end a running attempt. A request, not a state: the owner of the lease carries it out. */
export interface StopRequest {
  readonly kind: 'cancel' | 'pause';
  readonly by: Actor;
  readonly at: Date;
  /** What happened to the issue, where that and no command asked for the stop. */
  readonly event?: StopEvent;
}

/** What can happen to an issue that stops its task: someone closes it, or removes the label that started the task. */
export type StopEvent = 'closed' | 'unlabeled';
