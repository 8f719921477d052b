import { detectEnvironment } from '../config/detect/detect-environment.ts';
import { isInSparse, sparseOf } from '../config/sparse.ts';
import type { Mirrors } from '../git/mirror.ts';
import type { AttemptEnvironment } from '../task/attempt.ts';
import type { Task } from '../task/task.ts';

/** What a task's environment is made of, decided from the files of the base commit and the repository's file. */
export interface EnvironmentPlan {
  readonly setup: AttemptEnvironment['setup'];
  readonly verify: AttemptEnvironment['verify'];
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
  const own = settings.setup === null ? null : [settings.setup].flat();
  const commands = own ?? detected.setup;
  const inputs = new Set([...detected.inputs, ...(settings.environment?.files ?? [])]);
  const named = own === null ? [] : own.flatMap((command) => command.split(/[\s;&|()'"=]+/));
  const isInput = (path: string): boolean =>
    inputs.has(path) || named.some((word) => word.replace(/^\.\//, '') === path);
  return {
    setup:
      commands.length === 0
        ? null
        : { commands, source: own === null ? 'detected' : 'file', because: own === null ? detected.because : [] },
    verify: planVerify(settings.verify, detected.verify),
    inputs: files.filter(({ path }) => isInput(path)).map(({ path, sha }) => ({ path, sha })),
    checkoutBytes: files.reduce((sum, { size }) => sum + size, 0),
  };
}

function planVerify(own: string | null, detected: string | null): EnvironmentPlan['verify'] {
  if (own !== null) {
    return own === 'none' ? null : { command: own, source: 'file' };
  }
  return detected === null ? null : { command: detected, source: 'detected' };
}
