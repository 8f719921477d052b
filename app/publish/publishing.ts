import type { GitHubProblem } from '../github/github.ts';
import type { RemoteProblem } from '../git/remote-problem.ts';
import { failure, type FailureCode } from '../task/failure.ts';
import type { PublishFacts } from '../task/outcome.ts';

/** How a try to publish ended. After `wait` and after a crash the same call continues where this one stopped. */
export type Publishing =
  | { readonly kind: 'done'; readonly facts: PublishFacts }
  /** GitHub is unavailable or limits us: nothing is lost, try again. */
  | { readonly kind: 'wait'; readonly note: string; readonly retryAt: Date | null }
  /** Someone else has the task by now; nothing more was done. */
  | { readonly kind: 'stale' };

/** A part of publishing: its value, or how publishing as a whole ends here. */
export type Part<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly ending: Publishing };

export function ended(ending: Publishing): { readonly ok: false; readonly ending: Publishing } {
  return { ok: false, ending };
}

export function failedWith(code: FailureCode, detail?: string): Publishing {
  return { kind: 'done', facts: { kind: 'failed', failure: failure(code, detail) } };
}

/** What a problem of GitHub's API means for publishing; `missing` is what a 404 stands for here. */
export function endingOf(problem: GitHubProblem, missing: FailureCode): Publishing {
  switch (problem.kind) {
    case 'unavailable':
    case 'limited':
    case 'conflict':
      return { kind: 'wait', note: `GitHub: ${problem.message}`, retryAt: problem.retryAt };
    case 'not_found':
      return failedWith(missing, problem.message);
    case 'gone':
      return failedWith(missing === 'ISSUE_GONE' ? missing : 'REPOSITORY_GONE', problem.message);
    case 'unauthorized':
    case 'forbidden':
      return failedWith('GITHUB_FORBIDDEN', problem.message);
    case 'invalid':
      return failedWith(missing === 'PULL_REQUEST_REJECTED' ? missing : 'INTERNAL', `GitHub: ${problem.message}`);
  }
}

/** The same for git's way to GitHub. */
export function endingOfRemote(problem: RemoteProblem): Publishing {
  switch (problem.kind) {
    case 'forbidden':
      return failedWith('GITHUB_FORBIDDEN', problem.note);
    case 'not_found':
    case 'moved':
      return failedWith('REPOSITORY_GONE', problem.note);
    case 'unaddressable':
      return failedWith('INTERNAL', problem.note);
    case 'unavailable':
    case 'limited':
    case 'unauthorized':
    case 'aborted':
      return { kind: 'wait', note: problem.note, retryAt: problem.retryAt };
    case 'local':
      throw new Error(`the work cannot be pushed: ${problem.note}`);
  }
}
