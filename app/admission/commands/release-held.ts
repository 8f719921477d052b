import { releaseTask, type ReleaseResult } from '../../control/release-task.ts';
import type { Task } from '../../task/task.ts';
import { accepted, refused, type AdmissionOptions, type Answer, type CommandRequest } from '../context.ts';
import { findActive } from './control-task.ts';

/** `/release`: a person who may write looked at held work and has it published. A bot cannot have looked. */
export async function releaseHeld(order: CommandRequest, options: AdmissionOptions): Promise<Answer> {
  const { again, at, repository, sender, thread } = order.incoming;
  if (sender.isBot) {
    return refused('a bot', 'Only a person can release held work, because somebody has to look at it.');
  }
  const task =
    (await findActive(order, options)) ?? (await options.stores.tasks.findLatest(repository.id, thread.number));
  if (task === null) {
    return refused('nothing held', 'No task has run on this thread, so nothing is held here.');
  }
  const said = order.command.kind === 'command' ? order.command.text.trim() : '';
  const commit = said === '' ? null : (said.split(/\s/)[0] ?? '');
  const by = { id: sender.id, login: sender.login };
  const result = await releaseTask({ task, by, now: order.now, commit, saidAt: at }, options.stores);
  const isDone = result.code === 'already_released' || result.code === 'already_ended';
  return isDone && again === true ? accepted(`task ${task.id} was released before`) : renderRelease(result);
}

export function renderRelease(result: ReleaseResult): Answer {
  const { task } = result;
  switch (result.code) {
    case 'released':
      return accepted(`released task ${task.id}`);
    case 'already_released':
      return refused(
        'already released',
        `Task \`${task.id}\` was already released${byOf(task)}; it is published next.`,
      );
    case 'already_ended':
      return refused(
        'already ended',
        `Task \`${task.id}\` has ended, so nothing is held any more. Comment \`/retry\` to go on from its work.`,
      );
    case 'nothing_held':
      return refused(
        'nothing held',
        `Task \`${task.id}\` holds nothing that has to be released. Comment \`/status\` to see how far it is.`,
      );
    case 'another_commit': {
      const commit = result.commit.slice(0, 12);
      return refused(
        'another commit',
        `Nothing was released: what task \`${task.id}\` holds is the commit \`${commit}\`. Look at it, then comment \`/release ${commit}\`.`,
      );
    }
  }
}

function byOf({ question }: Task): string {
  const by = question?.answer?.by;
  return by === undefined ? '' : ` by ${by.login}`;
}
