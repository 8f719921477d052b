import { setTimeout as pause } from 'node:timers/promises';
import { createAdmission } from '../../app/admission/create-admission.ts';
import type { AdmissionOptions } from '../../app/admission/context.ts';
import type { Incoming } from '../../app/admission/incoming.ts';
import { createRepoFiles } from '../../app/admission/repo-file.ts';
import { RetryLater } from '../../app/admission/retry-later.ts';
import type { GitHub, GitHubProblem, GitHubResult } from '../../app/github/github.ts';
import { systemClock } from '../../app/main/system.ts';
import type { Stores } from '../../app/store/stores.ts';
import type { Logger } from '../../app/telemetry/log.ts';
import type { Inputs } from '../read-inputs.ts';
import { answerInWorkflow } from './answer-in-workflow.ts';
import { taskIdOf, type TriggerName } from './marker-key.ts';
import { overlayInputs } from './overlay-inputs.ts';

export interface AdmissionPlan {
  readonly inputs: Pick<Inputs, 'config' | 'prefix' | 'label' | 'runAttempt'>;
  readonly stores: Stores;
  readonly github: GitHub;
  readonly key: Uint8Array;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** GitHub may be away for a moment; a job that waits longer costs more than asking again. */
const PATIENCE_MS = 3 * 60_000;
const SHORTEST_PAUSE_MS = 1_000;

/** Thrown when the token may not even ask: no waiting helps. */
export class TokenRefused extends Error {
  constructor(problem: GitHubProblem) {
    super(
      `GitHub refused the token (${problem.message}). Give the job \`permissions:\` with contents, issues, pull-requests and checks, each write, or pass a \`github_token\` that has them.`,
    );
    this.name = 'TokenRefused';
  }
}

/** The same judgement as the App's, on what the event says. Resolves with admission's note; see concludeNotes. */
export async function admitEvent(incoming: Incoming, plan: AdmissionPlan): Promise<string> {
  const { inputs, stores, key, log, signal } = plan;
  const trigger = nameTrigger(incoming);
  const refusals: GitHubProblem[] = [];
  const github = noteRefusals(plan.github, refusals);
  let made = 0;
  function idOf(index: number, runAttempt: number): string {
    return taskIdOf(trigger, { key, runAttempt, index });
  }
  const options: AdmissionOptions = {
    stores,
    github: () => github,
    repoFiles: overlayInputs(createRepoFiles({ clock: systemClock }), inputs),
    server: inputs.config,
    clock: systemClock,
    newId: () => idOf(made++, inputs.runAttempt),
    log,
    interceptCommand: (order) =>
      answerInWorkflow(order, {
        github,
        options,
        names: {
          key,
          taskId: idOf(made, inputs.runAttempt),
          over: Array.from({ length: inputs.runAttempt - 1 }, (_, index) => idOf(0, index + 1)),
        },
      }),
  };
  const admission = createAdmission(options);
  const deadline = Date.now() + PATIENCE_MS;
  for (let tries = 1; ; tries += 1) {
    try {
      return await admission.handle(incoming, 'workflow run');
    } catch (error) {
      const [refusal] = refusals;
      if (refusal !== undefined) {
        throw new TokenRefused(refusal);
      }
      if (!(error instanceof RetryLater) || Date.now() > deadline) {
        throw error;
      }
      log.warn('GitHub did not answer; retrying', { reason: error.message });
      await pause(SHORTEST_PAUSE_MS * 2 ** Math.min(tries, 5), undefined, { signal });
    }
  }
}

function nameTrigger(incoming: Incoming): TriggerName {
  const { cause, at, repository, thread } = incoming;
  const name =
    cause.kind === 'label'
      ? `label-${cause.label}-${at.toISOString()}`
      : `comment-${'commentId' in cause ? cause.commentId : 0}`;
  return { repositoryId: repository.id, thread: thread.number, cause: name, at };
}

function noteRefusals(github: GitHub, refusals: GitHubProblem[]): GitHub {
  async function note<T>(answer: Promise<GitHubResult<T>>): Promise<GitHubResult<T>> {
    const result = await answer;
    if (!result.ok && (result.problem.kind === 'forbidden' || result.problem.kind === 'unauthorized')) {
      refusals.push(result.problem);
    }
    return result;
  }
  return {
    ...github,
    fetchRole: (...given) => note(github.fetchRole(...given)),
    fetchFile: (...given) => note(github.fetchFile(...given)),
    fetchFolder: (...given) => note(github.fetchFolder(...given)),
    fetchComments: (...given) => note(github.fetchComments(...given)),
    findPullByHead: (...given) => note(github.findPullByHead(...given)),
  };
}
