import type { PrepareResult } from '../../../protocol/index.ts';
import type { SessionFacts } from '../../compute/compute.ts';
import { NOTHING_TO_DO } from '../../task/checks/steps.ts';
import { explainSetup, lastLines } from '../../task/environment/explain-setup.ts';
import type { SessionEnd } from '../../task/outcome.ts';
import type { Preparation } from '../../task/attempt.ts';
import { decideRunning, type RunningFacts } from '../decide-running.ts';

export type PreparingDecision =
  | { readonly do: 'wait'; readonly until: Date }
  | { readonly do: 'stop'; readonly why: Extract<SessionEnd, { kind: 'stopped' }>['why'] }
  | { readonly do: 'lost'; readonly why: string; readonly silent: boolean }
  /** Set-up has ended, well or not. */
  | { readonly do: 'go_on'; readonly prepared: Preparation };

export interface PreparingFacts extends RunningFacts {
  readonly attempt: RunningFacts['attempt'] & { readonly prepareResult: PrepareResult | null };
  readonly startedAt: Date;
  readonly commands: readonly string[];
  readonly toolsFrom?: 'host' | 'image';
}

/**
 * What to do about a prepare session. The clocks and wishes of a running attempt hold for it too. A session that ended
 * because of what set-up did (memory, processes, disk) is a set-up that failed; one that ended otherwise without a
 * result is a lost attempt.
 */
export function decidePreparing(facts: PreparingFacts, now: Date): PreparingDecision {
  const { attempt, session, task } = facts;
  const result = attempt.prepareResult;
  if (task.stop !== null) {
    return { do: 'stop', why: task.stop.kind };
  }
  if (result?.ending === 'ready' || result?.ending === 'setup_failed' || result?.ending === 'nothing_to_do') {
    return { do: 'go_on', prepared: describe(facts, now) };
  }
  if (result !== null) {
    return { do: 'lost', why: result.reason ?? 'the environment could not be prepared', silent: false };
  }
  if (session.kind === 'exited' && isOwnFault(session)) {
    return { do: 'go_on', prepared: describe(facts, now) };
  }
  const decision = decideRunning({ ...facts, attempt: { ...attempt, result: null } }, now);
  switch (decision.do) {
    case 'wait':
    case 'stop':
    case 'lost':
      return decision;
    case 'end':
      return { do: 'lost', why: 'the worker ended before the environment was prepared', silent: false };
  }
}

/** A limit of the worker ended it: the next try would end in the same way. */
function isOwnFault(session: Extract<SessionFacts, { kind: 'exited' }>): boolean {
  return session.outOfMemory || /^\[stopped: the worker (used|ran|wrote)/.test(session.outputTail);
}

function describe(facts: PreparingFacts, now: Date): Preparation {
  const { session } = facts;
  const runs = facts.attempt.prepareResult?.runs ?? [];
  const last = runs.at(-1);
  const ok = facts.attempt.prepareResult?.ending === 'ready';
  const sessionOutput = session.kind === 'exited' ? session.outputTail : '';
  const command = last?.command ?? facts.commands[0] ?? '';
  const whole = last?.outputTail ?? sessionOutput;
  const exitCode = last?.exitCode ?? null;
  const output = exitCode === NOTHING_TO_DO ? whole.trimEnd().split('\n').slice(-20).join('\n') : lastLines(whole);
  return {
    ok,
    fromSnapshot: false,
    durationMs: now.getTime() - facts.startedAt.getTime(),
    command,
    exitCode,
    output: ok ? '' : output,
    cause: ok
      ? null
      : explainSetup({
          exitCode,
          timedOut: last?.timedOut === true,
          output: whole,
          sessionOutput,
          outOfMemory: session.kind === 'exited' && session.outOfMemory,
          ...(facts.toolsFrom === undefined ? {} : { toolsFrom: facts.toolsFrom }),
        }),
  };
}
