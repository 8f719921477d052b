import { detectEnvironment } from '../config/detect/detect-environment.ts';
import { isInSparse, sparseOf } from '../config/sparse.ts';
import type { Mirrors } from '../git/mirror.ts';
import type { AttemptEnvironment } from '../task/attempt.ts';
import type { CheckStep } from '../task/checks/check.ts';
import { hasEntry, verifyStep } from '../task/checks/steps.ts';
import type { Task } from '../task/task.ts';

/** What a task's environment is made of, decided from the files of the base commit and the repository's file. */
export interface EnvironmentPlan {
  readonly setup: AttemptEnvironment['setup'];
  readonly verify: AttemptEnvironment['verify'];
  /** The checks of the finished work. */
  readonly checks: readonly CheckStep[];
  /** Files whose content decides what set-up leaves behind, with their object ids, sorted by path. */
  readonly inputs: readonly { readonly path: string; readonly sha: string }[];
  /** Size of the checkout. */
  readonly checkoutBytes: number;
}

const MAX_FILE_BYTES = 1024 * 1024;

/** Reads no file but those of the base commit: what people wrote in the thread has no part in it. */
export async function planEnvironment(
  task: Pick<Task, 'settings' | 'repository'>,
  given: { sha: string; mirror: Pick<Mirrors, 'listFiles' | 'readFile'> },
): Promise<EnvironmentPlan> {
  const { settings } = task;
  const at = { repositoryId: task.repository.id, sha: given.sha };
  const sparse = sparseOf(settings);
  const files = (await given.mirror.listFiles(at)).filter(({ path }) => isInSparse(path, sparse));
  const detected = await detectEnvironment(
    {
      paths: files.map(({ path }) => path),
      readFile: (path) => given.mirror.readFile({ ...at, path, maxBytes: MAX_FILE_BYTES }),
    },
    { below: settings.path, installScripts: settings.environment?.installScripts ?? true },
  );
  const { steps } = settings;
  const own = ownSetup(settings);
  const commands = own ?? detected.setup;
  const inputs = new Set([...detected.inputs, ...(settings.environment?.files ?? [])]);
  const named = own === null ? [] : own.flatMap((command) => command.split(/[\s;&|()'"=]+/));
  const verify = hasEntry(steps, 'after') && !steps?.after ? planVerify(settings.verify, detected.verify) : null;
  const isInput = (path: string): boolean =>
    inputs.has(path) || named.some((word) => word.replace(/^\.\//, '') === path);
  return {
    setup:
      commands.length === 0
        ? null
        : { commands, source: own === null ? 'detected' : 'file', because: own === null ? detected.because : [] },
    verify,
    checks: hasEntry(steps, 'after') ? (steps?.after ?? (verify === null ? [] : [verifyStep(verify.command)])) : [],
    inputs: files.filter(({ path }) => isInput(path)).map(({ path, sha }) => ({ path, sha })),
    checkoutBytes: files.reduce((sum, { size }) => sum + size, 0),
  };
}

/** The commands of the repository's file; null leaves it to what was detected. */
function ownSetup({ setup, steps }: Task['settings']): readonly string[] | null {
  if (!hasEntry(steps, 'before')) {
    return [];
  }
  return steps?.before?.map(({ run }) => run) ?? (setup === null ? null : [setup].flat());
}

function planVerify(own: string | null, detected: string | null): EnvironmentPlan['verify'] {
  if (own !== null) {
    return own === 'none' ? null : { command: own, source: 'file' };
  }
  return detected === null ? null : { command: detected, source: 'detected' };
}
