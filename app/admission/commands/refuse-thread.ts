import type { TaskType } from '../../task/task-type.ts';
import { refused, type Answer } from '../context.ts';
import type { Incoming } from '../incoming.ts';

/** Threads a task cannot start on, each with the way out; null when this one is fine. */
export function refuseThread(incoming: Incoming, type: Pick<TaskType, 'name' | 'threads'>): Answer | null {
  const { repository, thread } = incoming;
  if (repository.archived) {
    return refused(
      'archived',
      'This repository is archived, so nothing can be pushed to it. Unarchive it, then comment the command again.',
    );
  }
  if (!type.threads.includes(thread.kind)) {
    return refused('thread kind', renderOtherKind(type));
  }
  const what = thread.kind === 'issue' ? 'issue' : 'pull request';
  if (!thread.open) {
    return refused('closed', `This ${what} is closed. Reopen it, then comment \`/${type.name}\` again.`);
  }
  if (thread.locked) {
    return refused(
      'locked',
      `This ${what} is locked, so progress could not be shown here. Unlock it, then comment \`/${type.name}\` again.`,
    );
  }
  return null;
}

function renderOtherKind({ name, threads }: Pick<TaskType, 'name' | 'threads'>): string {
  return threads.includes('issue')
    ? `\`/${name}\` works on issues, and this is a pull request. Open an issue that describes the change, and comment \`/${name}\` there.`
    : `\`/${name}\` works on pull requests, and this is an issue. Comment \`/${name}\` on the pull request that it is about.`;
}
