import type { CheckedResult, Job, PrepareResult, WorkerResult, WorkerStep } from '../../protocol/index.ts';
import type { CheckResult, CheckStep } from './checks/check.ts';
import type { SessionEnd } from './outcome.ts';
import type { NanoUsd } from './task.ts';

/** One run of a task. Its epoch is the fence at the door and at the publisher. */
export interface Attempt {
  readonly taskId: string;
  readonly epoch: number;
  /** SHA-256 (hex) of the worker's door token. */
  readonly tokenSha256: string | null;
  /** Set aside for this attempt in every scope; the door draws on it. */
  readonly budgetNano: NanoUsd;
  readonly spentNano: NanoUsd;
  /** Upper bounds of requests under way. */
  readonly inflightNano: NanoUsd;
  readonly modelCalls: number;
  /** Commit the worker was given to start from, and the last published or base commit the gate compares with. */
  readonly startSha: string | null;
  readonly gateBaseSha: string | null;
  /** Logins of people without write access whose text the agent read; null where nobody looked. */
  readonly outsiders: readonly string[] | null;
  readonly startedAt: Date;
  /** Last sign of life from the worker, and last sign of progress (model request or progress event). */
  readonly heartbeatAt: Date | null;
  readonly progressAt: Date | null;
  readonly progress: AttemptProgress | null;
  /** The worker's own account, once it sent `finished`. */
  readonly result: WorkerResult | null;
  /** How the session ended, from FINALIZING on. */
  readonly sessionEnd: SessionEnd | null;
  /** The same of the session that set up the environment. */
  readonly prepareResult: PrepareResult | null;
  readonly environment: AttemptEnvironment | null;
  /** The check session that is open, and how it ended once it has. */
  readonly checkSession: CheckSession | null;
  readonly checkedResult: CheckedResult | null;
  /** Null or absent until all checks have run, or where there are none. */
  readonly checkResults?: readonly CheckResult[] | null;
  readonly endedAt: Date | null;
}

/** How the environment of an attempt came to be. Texts in it are untrusted. */
export interface AttemptEnvironment {
  /** Null when there is nothing to set up. */
  readonly setup: {
    readonly commands: readonly string[];
    readonly source: 'detected' | 'file';
    /** Files that decided; empty for commands of the repository's file. */
    readonly because: readonly string[];
  } | null;
  readonly verify: { readonly command: string; readonly source: 'detected' | 'file' } | null;
  /** The checks of the finished work, in their order. Absent in attempts of before version 0.4. */
  readonly checks?: readonly CheckStep[];
  /** The prepared environment on the machine it was made on, and its key where tasks share it. */
  readonly kept?: { readonly name: string; readonly key: string | null };
  /** What sessions of this attempt check out, and where to. */
  readonly checkout?: {
    readonly git: Pick<Job['git'], 'depth' | 'sparse' | 'submodules' | 'lfs'>;
    readonly space: 'memory' | 'disk';
  };
  /** Null until set-up has ended. */
  readonly prepared: Preparation | null;
  /** What of the checkout could not be had and why, one sentence each. Absent in attempts of before version 0.3. */
  readonly missing?: readonly string[];
}

/** What one check session runs: some checks of an attempt, at one commit. */
export interface CheckSession {
  readonly at: 'head' | 'base';
  readonly commit: string;
  /** 2 when these checks failed once and run again. */
  readonly try: number;
  readonly names: readonly string[];
}

/** What became of a set-up. */
export interface Preparation {
  readonly ok: boolean;
  /** What an earlier task installed was used again. */
  readonly fromSnapshot: boolean;
  readonly durationMs: number;
  /** The command that failed, else the last one. */
  readonly command: string;
  readonly exitCode: number | null;
  /** The last lines of its output. */
  readonly output: string;
  /** Why it most likely failed, and what to do. */
  readonly cause: string | null;
}

export interface AttemptProgress {
  readonly phase: WorkerStep;
  readonly turn: number;
  readonly note: string | null;
}
