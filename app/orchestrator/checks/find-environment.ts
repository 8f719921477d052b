import type { Attempt } from '../../task/attempt.ts';
import type { OrchestratorContext } from '../context.ts';
import { takeEnvironment } from '../environment/keep-environment.ts';

/**
 * The prepared environment that the work session started from, on this machine; from the archive where another machine
 * made it. Null where there was none, or none is left: the checks then say what they lack.
 */
export async function findCheckEnvironment(
  { environment }: Pick<Attempt, 'environment'>,
  context: OrchestratorContext,
): Promise<string | null> {
  const kept = environment?.kept;
  if (kept === undefined) {
    return null;
  }
  if (await context.compute.environments.has(kept.name)) {
    return kept.name;
  }
  const stored = (await context.stores.environments.list()).find(({ key }) => key === kept.key);
  return stored === undefined ? null : takeEnvironment(stored, context);
}
