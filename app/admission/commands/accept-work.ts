import { acceptTask, type AcceptResult } from '../../control/accept-task.ts';
import { accepted, refused, type AdmissionOptions, type Answer, type CommandRequest } from '../context.ts';
import { findActive } from './control-task.ts';
import { renderRelease } from './release-held.ts';

/** `/accept`: a person who may write takes the work as it is; their name is recorded. A bot cannot have looked. */
export async function acceptWork(order: CommandRequest, options: AdmissionOptions): Promise<Answer> {
  const { again, at, repository, sender, thread } = order.incoming;
  if (sender.isBot) {
    return refused('a bot', 'Only a person can accept work, because somebody has to look at it.');
  }
  const task =
    (await findActive(order, options)) ?? (await options.stores.tasks.findLatest(repository.id, thread.number));
  if (task === null) {
    return refused('nothing to accept', 'No task has run on this thread, so there is nothing to accept.');
  }
  const said = order.command.kind === 'command' ? order.command.text.trim() : '';
  const commit = said === '' ? null : (said.split(/\s/)[0] ?? '');
  const by = { id: sender.id, login: sender.login };
  const result = await acceptTask({ task, by, now: order.now, commit, saidAt: at }, options.stores);
  const isDone = result.code === 'already_accepted' || result.code === 'already_ended';
  return isDone && again === true ? accepted(`task ${task.id} was accepted before`) : render(result);
}

function render(result: AcceptResult): Answer {
  const { task } = result;
  switch (result.code) {
    case 'accepted':
      return accepted(`accepted task ${task.id}`);
    case 'already_accepted': {
      const by = task.verdict?.accepted?.by.login ?? task.question?.answer?.by.login;
      return refused(
        'already accepted',
        `The work of task \`${task.id}\` was already accepted${by === undefined ? '' : ` by ${by}`}.`,
      );
    }
    case 'nothing_to_accept':
      return refused(
        'nothing to accept',
        `Task \`${task.id}\` does not ask whether its work is good. Comment \`/status\` to see how far it is.`,
      );
    case 'agent_asks':
      return refused(
        'the agent asks',
        `Task \`${task.id}\` has a question instead of a result, so there is nothing to accept. Answer it in a comment, or comment \`/cancel\` to end the task.`,
      );
    case 'another_commit': {
      const commit = result.commit.slice(0, 12);
      return refused(
        'another commit',
        `Nothing was accepted: task \`${task.id}\` asks about the commit \`${commit}\`. Look at it, then comment \`/accept ${commit}\`.`,
      );
    }
    default:
      return renderRelease(result);
  }
}
