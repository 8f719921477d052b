import { replaceFacts } from '../../text/marker.ts';
import { isAsSealed } from './seal-body.ts';

/** The warning on top of unfinished work, as `renderPull` writes it. */
const UNFINISHED = /^> \[!WARNING\]\n> This work is not finished: [^\n]*\n\n?/m;

/**
 * What a pull request that was opened for earlier work should say now; null when it says so already. A description that
 * nobody touched is written anew. One that a person edited is theirs: only our own warning is put right in it, and the
 * reference to the issue.
 */
export function decideBody(facts: {
  readonly current: string;
  readonly wanted: string;
  readonly issueNumber: number;
}): string | null {
  const current = facts.current.replaceAll('\r\n', '\n');
  const next = isAsSealed(current) ? facts.wanted : replaceFacts(amend(current, facts), facts.wanted);
  return next.trimEnd() === current.trimEnd() ? null : next;
}

function amend(current: string, facts: { wanted: string; issueNumber: number }): string {
  const warning = UNFINISHED.exec(facts.wanted)?.[0] ?? '';
  const amended = current.replace(UNFINISHED, () => warning);
  if (warning !== '' || amended === current) {
    return amended;
  }
  return amended.replace(new RegExp(`^For #${facts.issueNumber}$`, 'm'), `Closes #${facts.issueNumber}`);
}
