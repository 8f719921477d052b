import { lstat, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { AnyJob } from '../../protocol/index.ts';
import type { CheckoutPlace } from './checkout-place.ts';
import { retryDoor, wasDoorUnavailable } from '../retry-door.ts';
import type { RetryWindow } from '../retry-door.ts';
import { git, runGit } from './run-git.ts';

export type Submodule = NonNullable<AnyJob['git']['submodules']>[number];

/**
 * Checks submodules out as repositories of their own, over what a prepared environment has in their directories. Their
 * commits come from the door's one remote, and stay in the worker's own repository as well.
 */
export async function checkOutSubmodules(
  { doorEnv, keep, localEnv: env, remote, repository }: CheckoutPlace,
  given: { submodules: readonly Submodule[]; depth?: number | undefined; patience: RetryWindow },
): Promise<void> {
  const { depth = 0, submodules } = given;
  if (submodules.length === 0) {
    return;
  }
  const shallow = depth > 0 ? [`--depth=${depth}`] : [];
  const refs = submodules.map(({ ref }) => `+${ref}:${ref}`);
  const fetched = await retryDoor(
    () =>
      runGit({
        args: ['fetch', '--quiet', '--no-tags', ...shallow, '--', remote, ...refs],
        cwd: keep,
        env: doorEnv,
        signal: given.patience.signal,
      }),
    { ...given.patience, isWorthwhile: (failed) => !failed.ok && wasDoorUnavailable(failed.reason) },
  );
  if (!fetched.ok) {
    throw new Error(`the submodules could not be fetched through the door: ${fetched.reason}`);
  }
  for (const submodule of submodules) {
    const directory = path.join(repository, submodule.path);
    await makeDirectory(directory);
    await git({ args: ['init', '--quiet', '--template='], cwd: directory, env });
    const local = ['fetch', '--quiet', '--no-tags', '--update-shallow', '--', keep, submodule.ref];
    await git({ args: local, cwd: directory, env });
    await git({ args: ['update-ref', '--no-deref', 'HEAD', submodule.sha], cwd: directory, env });
    await git({ args: ['reset', '--quiet', '--hard'], cwd: directory, env });
  }
  // So that a set-up which updates submodules finds nothing to do; an address it would need has no part in it
  for (const parent of [repository, ...submodules.map((submodule) => path.join(repository, submodule.path))]) {
    await runGit({ args: ['submodule', '--quiet', 'init'], cwd: parent, env });
  }
}

/** Files of a submodule's commit, relative to the root of the checkout. */
export async function listSubmoduleFiles(
  { keep, localEnv: env }: Pick<CheckoutPlace, 'keep' | 'localEnv'>,
  submodules: readonly Submodule[],
): Promise<string[]> {
  const files: string[] = [];
  for (const { path: directory, sha } of submodules) {
    const listed = await git({ args: ['ls-tree', '-r', '-z', '--name-only', sha], cwd: keep, env });
    files.push(...splitNames(listed).map((file) => `${directory}/${file}`));
  }
  return files;
}

function splitNames(listing: string): string[] {
  return listing.split('\0').filter((name) => name !== '');
}

/** A prepared environment may have something else where the directory belongs. */
async function makeDirectory(directory: string): Promise<void> {
  const found = await lstat(directory).catch(() => null);
  if (found !== null && !found.isDirectory()) {
    await rm(directory);
  }
  await mkdir(directory, { recursive: true });
}
