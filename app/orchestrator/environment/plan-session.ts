import { takeStart, type PrepareJob } from '../../../protocol/index.ts';
import type { Hydrated } from '../../hydration/hydrate.ts';
import type { AttemptEnvironment, Preparation } from '../../task/attempt.ts';
import { NOTHING_TO_DO } from '../../task/checks/steps.ts';
import type { Task } from '../../task/task.ts';
import { renderCheckout } from '../render-job.ts';

/** A checkout larger than this is kept on disk. */
const LARGE_CHECKOUT_BYTES = 256 * 1024 * 1024;

/** What is known of the environment of an attempt before anything is installed. */
export function plannedEnvironment(task: Pick<Task, 'branch' | 'settings'>, hydrated: Hydrated): AttemptEnvironment {
  const { checks, checkoutBytes, setup, verify } = hydrated.environment;
  const { depth, lfs, sparse, submodules } = renderCheckout(task, hydrated, { startBranch: '', startSha: '' });
  return {
    setup,
    verify,
    checks,
    checkout: {
      git: { depth, ...(sparse && { sparse }), ...(lfs && { lfs }), ...(submodules && { submodules }) },
      space: checkoutBytes > LARGE_CHECKOUT_BYTES ? 'disk' : 'memory',
    },
    prepared: null,
    ...(hydrated.missing.length > 0 && { missing: hydrated.missing }),
  };
}

/** What a prepare session runs, and how long each command may take where the repository's file says so. */
export function setupCommands(
  { settings }: Pick<Task, 'settings'>,
  commands: readonly string[],
): Pick<PrepareJob, 'setup' | 'setupTimeoutsMs'> {
  const steps = settings.steps?.before ?? null;
  return {
    setup: [...commands],
    ...(steps === null ? {} : { setupTimeoutsMs: steps.map(({ timeoutMs }) => timeoutMs) }),
  };
}

/** What a `before` step of the repository's file said in its last line when it ended with 78; null when none did. */
export function nothingToDo(prepared: Preparation | null, source: 'detected' | 'file'): string | null {
  if (source === 'detected' || prepared?.exitCode !== NOTHING_TO_DO) {
    return null;
  }
  const last = prepared.output.trim().split('\n').at(-1)?.trim() ?? '';
  return takeStart(last === '' ? `\`${prepared.command}\` gave no reason` : last, 500);
}
