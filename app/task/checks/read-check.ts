import type { CheckResult, CheckStep } from './check.ts';

/** What the runs of a check at the base and at the head say about the change. */
export type CheckReading =
  | 'good'
  /** It failed at the base and passes now. */
  | 'fixed'
  /** It failed at the base, too. */
  | 'broken_before'
  /** It passed at the base and fails now. */
  | 'regression'
  /** It fails now, and what it did at the base is not known. */
  | 'failing'
  | 'inconclusive';

/** `block`: the work is not good. `person`: nobody knows whether it is. */
export type CheckEffect = 'pass' | 'block' | 'person';

export interface CheckSays {
  readonly reading: CheckReading;
  readonly effect: CheckEffect;
}

/**
 * The table of what a check says. A check that passes at the head is good, whatever happened at the base. Where it fails
 * at the head, `strict` blocks whatever the base says; `regression` has to know that it passed there.
 */
export function readCheck({ base, head, step }: CheckResult): CheckSays {
  if (head.reading === 'inconclusive') {
    return { reading: 'inconclusive', effect: effectOf(step, 'person') };
  }
  if (head.reading === 'pass') {
    return { reading: base?.reading === 'fail' ? 'fixed' : 'good', effect: 'pass' };
  }
  switch (base?.reading) {
    case 'pass':
      return { reading: 'regression', effect: effectOf(step, 'block') };
    case 'fail':
      return { reading: 'broken_before', effect: step.gate === 'strict' ? 'block' : 'pass' };
    case 'inconclusive':
    case undefined:
      return step.gate === 'strict'
        ? { reading: 'failing', effect: 'block' }
        : { reading: 'inconclusive', effect: effectOf(step, 'person') };
  }
}

function effectOf(step: CheckStep, effect: CheckEffect): CheckEffect {
  return step.gate === 'info' ? 'pass' : effect;
}
