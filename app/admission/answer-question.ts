import { resumeTask } from '../control/resume-task.ts';
import { authorize } from './authorize.ts';
import { accepted, outboxOf, type AdmissionOptions } from './context.ts';
import type { Incoming } from './incoming.ts';
import { semanticKeyOf } from './semantic-key.ts';

const NO_COMMAND = 'ignored: no command';

/**
 * A plain comment of someone with write access, on a thread whose task has asked a question, is the answer: the task
 * continues and reads it among the comments. It approves no new title or body, because it is no command. Every other
 * comment without a command is ignored, and nobody is told: people talk to each other on a thread, too.
 */
export async function answerQuestion(
  incoming: Incoming,
  deliveryId: string,
  options: AdmissionOptions,
): Promise<string> {
  const { cause, repository, sender, thread } = incoming;
  const { inbox, outbox, tasks } = options.stores;
  const task = await tasks.findActive(repository.id, thread.number);
  const isAsked = task?.wait?.reason === 'human' && (task.outcome?.questions.length ?? 0) > 0;
  // What was written before the question cannot answer it.
  if (task === null || !isAsked || cause.kind !== 'comment' || sender.isBot || incoming.at <= task.text.at) {
    return NO_COMMAND;
  }
  const now = options.clock.now();
  const key = `${semanticKeyOf(incoming)}/answer`;
  if (!(await inbox.claimCommand({ key, deliveryId, now })).mine) {
    return 'ignored: this answer was handled before';
  }
  const github = options.github(incoming.installationId);
  if ((await authorize(incoming, { allowedBots: [], clock: options.clock, github })) === 'stranger') {
    return NO_COMMAND;
  }
  // Hydration leaves out the comment of this number, which is the command as a rule; here it is the answer and must be read.
  const text = { ...task.text, at: incoming.at, throughCommentId: cause.commentId + 1 };
  const by = { id: sender.id, login: sender.login };
  const result = await resumeTask({ task, by, now, text }, options.stores);
  if (result.code !== 'resumed') {
    return NO_COMMAND;
  }
  const answer = accepted(`answered task ${task.id}`);
  await outbox.add(outboxOf(incoming, key, answer), now);
  return answer.note;
}
