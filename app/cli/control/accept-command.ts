import { acceptTask, type AcceptResult } from '../../control/accept-task.ts';
import { OPERATOR } from '../../task/task.ts';
import { controlCommand, type ControlOutcome } from './control-command.ts';
import { describeRelease } from './release-command.ts';

/** `bosun accept ID`. */
export const acceptCommand = controlCommand(
  {
    name: 'accept',
    summary:
      'Take the work of a task as it is, although it did not pass; look at it first with `bosun show ID --patch`',
    flags: { commit: { type: 'string', description: 'accept only this commit' } },
    examples: ['bosun accept 01KAH3M8RZ0W6Y2F4T5N7Q9XCD'],
  },
  async ({ flags, now, stores, task }): Promise<ControlOutcome> => {
    const commit = typeof flags['commit'] === 'string' ? flags['commit'] : null;
    const result = await acceptTask({ task, by: OPERATOR, now, commit, saidAt: now }, stores);
    return { code: result.code, task: result.task, ...describe(result) };
  },
);

function describe(result: AcceptResult): Pick<ControlOutcome, 'sentence' | 'remedy'> {
  const { task } = result;
  switch (result.code) {
    case 'accepted':
      return { sentence: `The work of task ${task.id} is accepted as it is.`, remedy: null };
    case 'already_accepted':
      return {
        sentence: `the work of task ${task.id} was already accepted by ${task.verdict?.accepted?.by.login ?? 'somebody'}`,
        remedy: `See \`bosun show ${task.id}\`.`,
      };
    case 'nothing_to_accept':
      return {
        sentence: `task ${task.id} does not ask whether its work is good`,
        remedy: `See how far it is with \`bosun show ${task.id}\`.`,
      };
    case 'agent_asks':
      return {
        sentence: `task ${task.id} has a question instead of a result`,
        remedy: `Answer it on the issue, or end the task with \`bosun cancel ${task.id}\`.`,
      };
    default:
      return describeRelease(result);
  }
}
