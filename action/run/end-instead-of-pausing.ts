import type { Move, Stores } from '../../app/store/stores.ts';
import type { Outcome } from '../../app/task/outcome.ts';
import { failure, type Failure, type FailureCode } from '../../app/task/failure.ts';

const AGAIN = 'then comment `/retry`';

/** What to do after a failure, where there is no server, no `bosun doctor` and no task to add money to. */
const REMEDIES: Partial<Record<FailureCode, string>> = {
  BUDGET_EXHAUSTED:
    'Comment `/implement --budget 10` to start a new task with a larger budget, within the input `budget_usd` of the workflow; the work so far is in the draft.',
  MODEL_AUTH: `Put a working key into the secret behind the input \`anthropic_api_key\`, ${AGAIN}.`,
  NO_MODEL_CALLS: `Read the log of the workflow run, check the key and the model of the workflow, ${AGAIN}.`,
  MODEL_UNKNOWN: `Name a known model in the input \`model\` or with \`--model\`, ${AGAIN}.`,
  WORKER_START_FAILED: `Read the reason, fix the runner or the workflow, ${AGAIN}.`,
  WORKER_OUT_OF_MEMORY: `Use a larger runner, or set \`BOSUN_WORKER_MEMORY\` in the step's \`env\`, ${AGAIN}.`,
  ATTEMPTS_EXHAUSTED: `Read the log of the workflow run, fix the cause, ${AGAIN}.`,
  GITHUB_FORBIDDEN:
    'Give the job `contents`, `issues`, `pull-requests` and `checks`, each `write`, and let Actions create pull requests (Settings, Actions, General), then comment `/retry`.',
  PULL_REQUEST_REJECTED:
    'The branch is pushed: open the pull request by hand. If Actions may not create them, allow it in Settings, Actions, General.',
  REPOSITORY_GONE: `Check that the token of the workflow may read and write this repository, ${AGAIN}.`,
  WITHHELD:
    'Read what was withheld and why. The patch is below `bosun/` in the runner’s directory for temporary files; upload it with a step of the workflow, or start the task again.',
  INTERNAL: 'Read the log of the workflow run; `/retry` is safe.',
};

/**
 * The stores as a run uses them that ends with its task: nothing may wait for a person or for money, because nobody
 * would be there to continue. A question completes the task, an empty budget fails it with its draft; and what failures
 * tell people to do is what they can do here.
 */
export function endInsteadOfPausing<S extends Pick<Stores, 'tasks'>>(stores: S): S {
  const { tasks } = stores;
  return {
    ...stores,
    tasks: {
      ...tasks,
      move: (move) => tasks.move(remedied(ended(move))),
      record: (change) => tasks.record(change),
    },
  };
}

function ended(move: Move): Move {
  if (move.to !== 'SUBMITTED' || move.patch?.outcome === undefined) {
    return move;
  }
  const { wait, ...rest } = move;
  const { outcome } = move.patch;
  switch (wait?.reason) {
    case 'human':
      return {
        ...rest,
        to: 'COMPLETED',
        patch: { ...move.patch, outcome: { ...outcome, summary: withQuestions(outcome) } },
        event: { kind: 'task.ended', data: { outcome: 'question' } },
      };
    case 'budget':
      return {
        ...rest,
        to: 'FAILED',
        patch: { ...move.patch, failure: failure('BUDGET_EXHAUSTED') },
        event: { kind: 'task.ended', data: { code: 'BUDGET_EXHAUSTED' } },
      };
    case 'approval': {
      const { question: _, ...patch } = move.patch;
      const detail = outcome.withheld.map((item) => `${item.code}: ${item.message}`).join('\n');
      return {
        ...rest,
        to: 'FAILED',
        patch: { ...patch, outcome: { ...outcome, kind: 'failed' }, failure: failure('WITHHELD', detail) },
        event: { kind: 'task.ended', data: { code: 'WITHHELD' } },
      };
    }
    case 'model':
      return {
        ...rest,
        to: 'FAILED',
        patch: { ...move.patch, failure: failure('MODEL_UNAVAILABLE') },
        event: { kind: 'task.ended', data: { code: 'MODEL_UNAVAILABLE' } },
      };
    default:
      return move;
  }
}

/** What has ended shows its summary alone. */
function withQuestions({ questions, summary }: Outcome): string {
  const list = questions.map((question, index) => `${index + 1}. ${question.replaceAll(/\s+/g, ' ')}`).join('\n');
  return [list, summary].filter((text) => text.trim() !== '').join('\n\n');
}

function remedied(move: Move): Move {
  const said = move.patch?.failure;
  return said === undefined || said === null ? move : { ...move, patch: { ...move.patch, failure: withRemedy(said) } };
}

function withRemedy(said: Failure): Failure {
  return { ...said, remedy: REMEDIES[said.code] ?? said.remedy };
}
