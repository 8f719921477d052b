import type { Withheld } from '../../task/outcome.ts';
import type { Change, GateContext, GateFacts, GatePolicy } from './gate-facts.ts';
import { CHANGE_CHECKS, WORK_CHECKS } from './gate-checks.ts';

export type GateDecision =
  /** `history: 'squash'`: a commit on the way has what may not leave, the result has not; publish the result alone. */
  | { readonly outcome: 'pass'; readonly history: 'keep' | 'squash' }
  | { readonly outcome: 'hold'; readonly findings: readonly Withheld[]; readonly history: 'keep' | 'squash' }
  | { readonly outcome: 'block'; readonly findings: readonly Withheld[] };

type Outcome = 'block' | 'hold';
type Finding = Withheld & { readonly outcome: Outcome };

/** More findings than this help nobody; the last one then says how many there are. */
const MAX_FINDINGS = 25;

/**
 * May this leave? Every check is asked, so that people read all reasons at once. One that blocks withholds everything; else one
 * that holds has a person look at everything.
 */
export function decideGate(facts: GateFacts & GateContext, policy: GatePolicy): GateDecision {
  const findings = [...checkWork(facts, policy), ...checkChanges(facts.net, policy)];
  const outcome = findings.some((finding) => finding.outcome === 'block') ? 'block' : 'hold';
  // What only holds says nothing to somebody who cannot release it.
  const told = shorten(findings.filter((finding) => finding.outcome === outcome));
  if (outcome === 'block') {
    return { outcome, findings: told };
  }
  const onTheWay = checkChanges(facts.steps, policy).filter((finding) => !isIn(finding, findings));
  const history = !facts.isHistoryCut && onTheWay.length === 0 ? 'keep' : 'squash';
  return told.length === 0 ? { outcome: 'pass', history } : { outcome, findings: told, history };
}

function checkWork(facts: GateFacts & GateContext, policy: GatePolicy): Finding[] {
  return WORK_CHECKS.flatMap(({ code, find, outcome }) =>
    find(facts, policy).map((finding) => ({ outcome, code, ...finding })),
  );
}

function checkChanges(changes: readonly Change[], policy: GatePolicy): Finding[] {
  return CHANGE_CHECKS.flatMap(({ code, find, outcome }) =>
    changes.flatMap((change) => {
      const message = find(change, policy);
      return message === null ? [] : [{ outcome, code, path: change.path, message }];
    }),
  );
}

/** A person who looks at the result sees it there. */
function isIn(step: Finding, findings: readonly Finding[]): boolean {
  return findings.some(
    ({ code, message, path }) => code === step.code && path === step.path && message === step.message,
  );
}

function shorten(findings: readonly Finding[]): Withheld[] {
  const told = findings.map(({ code, message, path }) => ({ code, path, message }));
  if (told.length <= MAX_FINDINGS) {
    return told;
  }
  const rest = told.length - MAX_FINDINGS;
  const message = `There are ${rest} more findings; \`gate.json\` of the task has them all.`;
  return [...told.slice(0, MAX_FINDINGS), { code: 'MORE', path: null, message }];
}
