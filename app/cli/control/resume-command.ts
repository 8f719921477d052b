import { resumeTask, type ResumeResult } from '../../control/resume-task.ts';
import { OPERATOR } from '../../task/task.ts';
import type { CliCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { withStores } from '../inspect/with-stores.ts';
import { controlTask, JSON_FLAG, type ControlCall, type ControlOutcome } from './control-command.ts';
import { report } from './pause-command.ts';
import { readTarget } from './read-target.ts';

/** `bosun resume ID`, and `bosun resume --all`, which lifts `bosun pause --all`. */
export const resumeCommand: CliCommand = {
  name: 'resume',
  summary: 'Resume a waiting task, or with --all let tasks start again',
  positional: ['[ID]'],
  flags: { all: { type: 'boolean', description: 'lift `bosun pause --all`' }, ...JSON_FLAG },
  examples: ['bosun resume 01KAH3M8RZ0W6Y2F4T5N7Q9XCD', 'bosun resume --all'],
  async run({ args, flags, output }) {
    const target = readTarget({ name: 'resume', args, flags, output });
    if (target === null) {
      return EXIT.usage;
    }
    if (target.kind === 'task') {
      return controlTask(target.id, { flags, output, act: resumeAsOperator });
    }
    return withStores(output, async (stores) => {
      const wasPaused = await stores.pause.clear();
      report(output, { paused: false, was_paused: wasPaused }, [
        wasPaused ? 'Tasks start again.' : 'The server was not paused. Tasks that someone paused keep waiting.',
      ]);
      return EXIT.done;
    });
  },
};

export async function resumeAsOperator({ now, stores, task }: ControlCall): Promise<ControlOutcome> {
  const result = await resumeTask({ task, by: OPERATOR, now }, stores);
  return { code: result.code, task: result.task, ...describe(result) };
}

function describe({ code, task }: ResumeResult): Pick<ControlOutcome, 'sentence' | 'remedy'> {
  const show = `See its progress with \`bosun show ${task.id}\`.`;
  switch (code) {
    case 'resumed':
      return { sentence: `Task ${task.id} continues.`, remedy: null };
    case 'already_running':
      return { sentence: `task ${task.id} is already running`, remedy: show };
    case 'already_queued':
      return { sentence: `task ${task.id} is already in the queue`, remedy: show };
    case 'already_ended':
      return {
        sentence: `task ${task.id} ended as ${task.state}`,
        remedy: `Run it again with \`bosun retry ${task.id}\`.`,
      };
    case 'budget_used_up':
      return {
        sentence: `the budget of task ${task.id} is used up`,
        remedy: `Add money with \`bosun budget ${task.id} +5\`; the task then continues automatically.`,
      };
  }
}
