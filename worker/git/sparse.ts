import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { CheckoutPlace } from './checkout-place.ts';
import { git } from './run-git.ts';

/**
 * Restricts the working copy to directories, and lets the worker's own repository know that the other files are absent
 * on purpose. Without directories everything is checked out.
 */
export async function setSparse(
  { keep, localEnv: env, repository }: Pick<CheckoutPlace, 'keep' | 'localEnv' | 'repository'>,
  directories: readonly string[],
): Promise<void> {
  if (directories.length === 0) {
    return;
  }
  const input = directories.map((directory) => `${directory}\n`).join('');
  await git({ args: ['sparse-checkout', 'set', '--cone', '--stdin'], cwd: repository, env, input });
  await mkdir(path.join(keep, 'info'), { recursive: true });
  await copyFile(path.join(repository, '.git', 'info', 'sparse-checkout'), path.join(keep, 'info', 'sparse-checkout'));
  for (const key of ['core.sparseCheckout', 'core.sparseCheckoutCone']) {
    await git({ args: ['config', key, 'true'], cwd: keep, env });
  }
}
