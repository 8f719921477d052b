import type { Withheld } from '../../task/outcome.ts';
import { checkBinaries, checkFilters, checkModes, checkSecrets, checkSizes } from './check-contents.ts';
import { checkLine } from './check-line.ts';
import { checkCollisions, checkPaths } from './check-paths.ts';
import { checkProtected } from './check-protected.ts';
import type { Change, GateFacts, GatePolicy } from './gate-facts.ts';

export type GateDecision =
  /** `history: 'squash'`: a commit on the way has what may not leave, the result has not; publish the result alone. */
  | { readonly pass: true; readonly history: 'keep' | 'squash' }
  | { readonly pass: false; readonly withheld: readonly Withheld[] };

/** More findings than this help nobody; the last one then says how many there are. */
const MAX_FINDINGS = 25;

/** May this leave? Every check is asked, so that people read all reasons at once. One finding withholds everything. */
export function decideGate(facts: GateFacts, policy: GatePolicy): GateDecision {
  const line = checkLine(facts, policy);
  const withheld = [
    ...line,
    ...checkSizes(facts, policy),
    ...checkChanges(facts.net, policy),
    ...checkCollisions(facts),
  ];
  if (withheld.length > 0) {
    return { pass: false, withheld: shorten(withheld) };
  }
  const isClean = !facts.isHistoryCut && checkChanges(facts.steps, policy).length === 0;
  return { pass: true, history: isClean ? 'keep' : 'squash' };
}

function checkChanges(changes: readonly Change[], policy: GatePolicy): Withheld[] {
  return [
    ...checkModes(changes),
    ...checkPaths(changes, policy),
    ...checkProtected(changes, policy),
    ...checkBinaries(changes, policy),
    ...checkFilters(changes),
    ...checkSecrets(changes),
  ];
}

function shorten(withheld: readonly Withheld[]): Withheld[] {
  if (withheld.length <= MAX_FINDINGS) {
    return [...withheld];
  }
  const rest = withheld.length - MAX_FINDINGS;
  const message = `There are ${rest} more findings; \`gate.json\` of the task has them all.`;
  return [...withheld.slice(0, MAX_FINDINGS), { code: 'MORE', path: null, message }];
}
