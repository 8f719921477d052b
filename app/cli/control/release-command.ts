import { releaseTask, type ReleaseResult } from '../../control/release-task.ts';
import { OPERATOR } from '../../task/task.ts';
import { controlCommand, type ControlOutcome } from './control-command.ts';

/** `bosun release ID`. */
export const releaseCommand = controlCommand(
  {
    name: 'release',
    summary: 'Publish the work that a task holds for a person; look at it first with `bosun show ID --patch`',
    flags: { commit: { type: 'string', description: 'release only this commit' } },
    examples: ['bosun release 01KAH3M8RZ0W6Y2F4T5N7Q9XCD'],
  },
  async ({ flags, now, stores, task }): Promise<ControlOutcome> => {
    const commit = typeof flags['commit'] === 'string' ? flags['commit'] : null;
    const result = await releaseTask({ task, by: OPERATOR, now, commit, saidAt: now }, stores);
    return { code: result.code, task: result.task, ...describeRelease(result) };
  },
);

export function describeRelease(result: ReleaseResult): Pick<ControlOutcome, 'sentence' | 'remedy'> {
  const { task } = result;
  switch (result.code) {
    case 'released':
      return { sentence: `Task ${task.id} is released and will be published.`, remedy: null };
    case 'already_released':
      return { sentence: `task ${task.id} was already released`, remedy: `See \`bosun show ${task.id}\`.` };
    case 'already_ended':
      return {
        sentence: `task ${task.id} ended as ${task.state}`,
        remedy: `Run it again with \`bosun retry ${task.id}\`.`,
      };
    case 'nothing_held':
      return { sentence: `task ${task.id} holds nothing`, remedy: `See how far it is with \`bosun show ${task.id}\`.` };
    case 'another_commit':
      return {
        sentence: `task ${task.id} holds the commit ${result.commit}`,
        remedy: `Look at it with \`bosun show ${task.id} --patch\`, then name that commit.`,
      };
  }
}
