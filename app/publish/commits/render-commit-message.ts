import type { Actor } from '../../task/task.ts';
import { cleanSubject } from './clean-subject.ts';

export interface CommitWords {
  /** First line of the agent's message; untrusted. */
  readonly subject: string;
  readonly issueNumber: number;
  readonly taskId: string;
  readonly requestedBy: Actor;
  /** Domain of the no-reply addresses of the server: `users.noreply.github.com`. */
  readonly noReplyDomain: string;
}

/** Our message: the agent's subject, cleaned, and who asked. The number of the issue links, it does not close. */
export function renderCommitMessage(words: CommitWords): string {
  const subject = cleanSubject(words.subject) || `Change for issue ${words.issueNumber}`;
  const body = `Made by Bosun for #${words.issueNumber}, task ${words.taskId}.`;
  const requester = renderCoAuthor(words);
  return [subject, '', body, ...(requester === null ? [] : ['', requester])].join('\n').concat('\n');
}

/** Null when the login is not one GitHub gives out: then it is left out rather than written into a trailer. */
function renderCoAuthor({ requestedBy, noReplyDomain }: CommitWords): string | null {
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9_-]|\[bot\]$)*$/.test(requestedBy.login)) {
    return null;
  }
  const address = `${requestedBy.id}+${requestedBy.login}@${noReplyDomain}`;
  return `Co-authored-by: ${requestedBy.login} <${address}>`;
}
