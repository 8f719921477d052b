/** Who has to act so that the next try can succeed. */
export type Blame = 'user' | 'operator' | 'transient';

/**
 * An expected failure as a value: stored with the task, rendered by `app/report/`. `title` says what happened,
 * `remedy` what to do next, `kept` (set by whoever knows) what was saved and where. No secrets, no stack traces.
 */
export interface Failure {
  readonly code: FailureCode;
  readonly blame: Blame;
  readonly title: string;
  readonly remedy: string;
  readonly detail?: string;
}

interface FailureKind {
  readonly blame: Blame;
  readonly title: string;
  readonly remedy: string;
}

/** Every way a task can fail, be refused or be held, in one table. The code that knows picks the code. */
export const FAILURES = {
  // What the worker did or did not do
  NO_MODEL_CALLS: {
    blame: 'operator',
    title: 'The agent ended without a single model call',
    remedy: 'Run `bosun doctor` to check the model key and endpoint, then `/retry`.',
  },
  NO_CHANGES: {
    blame: 'user',
    title: 'The agent changed nothing',
    remedy: 'Add what is missing to the issue, then `/retry`.',
  },
  OUTPUT_INVALID: {
    blame: 'transient',
    title: 'The agent did not return a result in the expected format',
    remedy: 'Read the reason given here, then `/retry`.',
  },
  AGENT_NOT_FOUND: {
    blame: 'operator',
    title: 'The program of the coding agent could not be started',
    remedy: 'Install it where workers can read it, name its directory in `BOSUN_WORKER_PATHS`, then `/retry`.',
  },
  AGENT_ERROR: {
    blame: 'transient',
    title: 'The agent stopped with an error',
    remedy: 'Read the reason given here, then `/retry`.',
  },
  MAX_TURNS: {
    blame: 'user',
    title: 'The agent used all its turns',
    remedy: 'Raise `--max-turns` or split the issue, then `/retry`; the work so far is kept.',
  },
  SETUP_FAILED: {
    blame: 'user',
    title: 'The set-up failed, and `.github/bosun.yml` requires it',
    remedy:
      'Run the command on a fresh clone, fix it, then `/retry`; without `setup_required` the agent continues without it.',
  },
  WORKER_LOST: {
    blame: 'transient',
    title: 'The worker stopped answering',
    remedy: 'Use `/retry`; it continues from the last saved work.',
  },
  WORKER_OUT_OF_MEMORY: {
    blame: 'operator',
    title: 'The worker ran out of memory',
    remedy: 'Raise the memory limit of the worker, then `/retry`.',
  },
  WORKER_START_FAILED: {
    blame: 'operator',
    title: 'The worker could not be started',
    remedy: 'Run `bosun doctor` on the server, fix what it reports, then `/retry`.',
  },
  ATTEMPTS_EXHAUSTED: {
    blame: 'operator',
    title: 'Three attempts were lost in a row',
    remedy: 'Read the log with `bosun show`, fix the cause, then `/retry`.',
  },
  IDLE_TIMEOUT: {
    blame: 'transient',
    title: 'The agent made no progress for too long',
    remedy: 'Use `/retry`; the work so far is kept.',
  },
  TASK_TIMEOUT: {
    blame: 'user',
    title: 'The task reached its time limit',
    remedy: 'Raise `--timeout` or split the issue, then `/retry`; the work so far is kept.',
  },
  HYDRATION_TIMEOUT: {
    blame: 'transient',
    title: 'Gathering the context took too long',
    remedy: 'Use `/retry` when GitHub answers again.',
  },
  // Model
  MODEL_AUTH: {
    blame: 'operator',
    title: 'The model provider refused the key',
    remedy: 'Set a working `ANTHROPIC_API_KEY`, check it with `bosun doctor`, then `/retry`.',
  },
  MODEL_UNAVAILABLE: {
    blame: 'transient',
    title: 'The model provider did not answer',
    remedy: 'Use `/retry` later; the work so far is kept.',
  },
  MODEL_UNKNOWN: {
    blame: 'user',
    title: 'The model is not in the price table',
    remedy: 'Name a known model with `--model`, or let the operator add its price.',
  },
  MODEL_REFUSED: {
    blame: 'operator',
    title: 'The model provider refused a request',
    remedy: 'Read the reason given here; check the model name and the prompt size, then `/retry`.',
  },
  MODEL_NO_ANSWER: {
    blame: 'transient',
    title: 'The model stopped without finishing the work',
    remedy: 'Use `/retry`, or another model with `--model`; the work so far is kept.',
  },
  MODEL_DECLINED: {
    blame: 'user',
    title: 'The model declined to continue',
    remedy: 'Reword the issue, or use another model with `--model`, then `/retry`; the work so far is kept.',
  },
  // Money
  BUDGET_EXHAUSTED: {
    blame: 'user',
    title: 'The budget of the task is used up',
    remedy: 'Use `/budget +5` to add money and continue from the saved work.',
  },
  BUDGET_IMPOSSIBLE: {
    blame: 'user',
    title: 'The requested budget exceeds a cap',
    remedy: 'Use a smaller `--budget`, or ask the operator to raise the cap.',
  },
  // Publishing
  PUSH_REJECTED: {
    blame: 'user',
    title: 'GitHub rejected the push',
    remedy: 'Change the rule it names or take the patch from the server, then `/retry`.',
  },
  NOT_SIGNED: {
    blame: 'operator',
    title: 'GitHub did not sign the commits as they were approved',
    remedy:
      'Publish as a GitHub App or with the token of a workflow, which GitHub signs for, or set `signed_commits: false`, then `/retry`.',
  },
  WITHHELD: {
    blame: 'user',
    title: 'The changes were not published',
    remedy: 'Read what was withheld and why; take the patch from the server or start the task again.',
  },
  GATE_REJECTED: {
    blame: 'user',
    title: 'The work did not pass the gate',
    remedy: 'Read the reason given here, then `/retry --from-scratch`.',
  },
  BRANCH_BLOCKED: {
    blame: 'user',
    title: 'The branch for the work cannot be created',
    remedy: 'Rename or delete the branch that the reason names, or change the rule it names, then `/retry`.',
  },
  BRANCH_MOVED: {
    blame: 'user',
    title: 'Someone else changed the branch',
    remedy: 'Merge or delete that branch, then `/retry`.',
  },
  PULL_REQUEST_FORK: {
    blame: 'user',
    title: 'The pull request comes from a fork',
    remedy:
      'Bosun can push only to branches of the repository that it is installed on. Push the branch there and open the pull request from it, or comment `/review`, which works on forks.',
  },
  NOTHING_TO_FIX: {
    blame: 'user',
    title: 'There is nothing to fix',
    remedy: 'Comment `/fix` with what should change, or again when there is an open review thread or a failing check.',
  },
  PULL_REQUEST_CLOSED: {
    blame: 'user',
    title: 'The pull request was closed or merged in the meantime',
    remedy: 'Use `/retry` if there is more to do.',
  },
  PULL_REQUEST_REJECTED: {
    blame: 'operator',
    title: 'GitHub did not accept the pull request',
    remedy: 'The branch is pushed: open the pull request by hand, or read the reason given here.',
  },
  // GitHub and permission
  PERMISSION_LOST: {
    blame: 'user',
    title: 'The requester may no longer write to this repository',
    remedy: 'Someone with write access can comment `/retry`.',
  },
  TEXT_CHANGED: {
    blame: 'user',
    title: 'The text is not the one that was approved',
    remedy: 'Read the issue again, then `/retry`.',
  },
  GITHUB_UNAVAILABLE: {
    blame: 'transient',
    title: 'GitHub could not be reached',
    remedy: 'No action needed: Bosun retries for 24 hours, and `/retry` works after that.',
  },
  STORE_UNAVAILABLE: {
    blame: 'operator',
    title: 'The artifact store could not be reached',
    remedy: 'Run `bosun doctor` on the server, fix what it reports, then `/retry`; the work so far is kept.',
  },
  WORK_LOST: {
    blame: 'operator',
    title: 'What the worker pushed cannot be read back',
    remedy: 'Restore the artifact that the reason names and `/retry`, or start over with `/retry --from-scratch`.',
  },
  GITHUB_FORBIDDEN: {
    blame: 'operator',
    title: 'GitHub refused access',
    remedy: 'Run `bosun doctor` and grant the App the permission it names, then `/retry`.',
  },
  REPOSITORY_GONE: {
    blame: 'operator',
    title: 'The repository is gone or Bosun lost access to it',
    remedy: 'Install the App on the repository again, then `/retry`.',
  },
  REPOSITORY_EMPTY: {
    blame: 'user',
    title: 'The repository has no commits',
    remedy: 'Push a first commit, then `/retry`.',
  },
  REPOSITORY_ARCHIVED: { blame: 'user', title: 'The repository is archived', remedy: 'Unarchive it, then `/retry`.' },
  BASE_BRANCH_MISSING: {
    blame: 'user',
    title: 'The base branch does not exist',
    remedy: 'Comment `/implement --base <branch>` with one that exists.',
  },
  PATH_MISSING: {
    blame: 'user',
    title: 'The directory of `--path` does not exist',
    remedy: 'Comment `/implement --path <directory>` with one that exists on the base branch.',
  },
  ISSUE_GONE: { blame: 'user', title: 'The issue is gone', remedy: 'Open a new issue and comment `/implement` there.' },
  CONFIG_INVALID: {
    blame: 'user',
    title: '`.github/bosun.yml` has a mistake',
    remedy: 'Fix the reported lines on the default branch, then comment the command again.',
  },
  WAITED_TOO_LONG: {
    blame: 'user',
    title: 'Nobody answered for 14 days',
    remedy: 'Use `/retry`; it continues from the saved work.',
  },
  INTERNAL: {
    blame: 'operator',
    title: 'Bosun had an internal error',
    remedy: 'Look for the task id in the log of the server; `/retry` is safe.',
  },
} as const satisfies Record<string, FailureKind>;
export type FailureCode = keyof typeof FAILURES;

/** Makes the failure of a code; `detail` is one or more lines of evidence, already redacted. */
export function failure(code: FailureCode, detail?: string): Failure {
  const kind = FAILURES[code];
  return detail === undefined ? { code, ...kind } : { code, ...kind, detail };
}
