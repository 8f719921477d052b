import type { ShownPull } from '../../task/shown-facts.ts';
import { replaceFacts } from '../../text/marker.ts';
import { isAsSealed } from './seal-body.ts';

/**
 * What a pull request that was opened for earlier work should say now; null when it says so already. A description that
 * nobody touched is written again. One that a person edited is theirs: only the words that Bosun wrote itself are
 * replaced in it, its warning and the line with the reference to the issue. Which words those are is in the sealed
 * facts of the description, never concluded from how it looks.
 */
export function decideBody(facts: {
  readonly current: string;
  /** From the sealed facts of `current`; null when it has none of ours. */
  readonly shown: ShownPull | null;
  readonly wanted: { readonly body: string; readonly shown: ShownPull };
}): string | null {
  const { shown, wanted } = facts;
  const current = facts.current.replaceAll('\r\n', '\n');
  const amended = shown === null ? current : amend(current, { shown, next: wanted.shown });
  const next = isAsSealed(current) ? wanted.body : replaceFacts(amended, wanted.body);
  return next.trimEnd() === current.trimEnd() ? null : next;
}

function amend(body: string, { next, shown }: { shown: ShownPull; next: ShownPull }): string {
  const { reference, warning } = shown;
  const warned =
    warning === null
      ? body
      : body.replace(next.warning === null ? `${warning}\n\n` : warning, () => next.warning ?? '');
  return warned
    .split('\n')
    .map((line) => (line.trim() === reference ? (next.reference ?? line) : line))
    .join('\n');
}
