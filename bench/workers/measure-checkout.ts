import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ENVIRONMENT, makeLargeRepository, run } from './make-repositories.ts';
import type { Stage } from './open-stage.ts';

export interface CheckoutFigures {
  readonly megabytes: number;
  /** In the worker, from the mirror of the server, with 50 commits. */
  readonly workerMs: readonly number[];
  /** `git clone` from the same local GitHub: all of it, and its last commit. */
  readonly cloneMs: readonly number[];
  readonly shallowMs: readonly number[];
}

/** Checks a repository of 140 MB out, with git alone and in a worker. */
export async function measureCheckout(
  stage: Stage,
  given: { directory: string; runs: number; onProgress: (line: string) => void },
): Promise<CheckoutFigures> {
  const source = path.join(given.directory, 'large');
  given.onProgress('Making a repository of 140 MB …');
  await makeLargeRepository(source);
  const repository = await stage.add('large', source);
  const remote = stage.servers.github.cloneUrl(repository);
  const { stdout } = await run('du', ['-sm', path.join(source, '.git')]);
  const figures = {
    megabytes: Number(stdout.split('\t')[0]),
    workerMs: [] as number[],
    cloneMs: [] as number[],
    shallowMs: [] as number[],
  };
  // The mirror is made by the first task
  await stage.run(repository);
  for (let index = 0; index < given.runs; index += 1) {
    given.onProgress(`Checkout of ${figures.megabytes} MB, ${index + 1} of ${given.runs} …`);
    figures.cloneMs.push(await clone(remote, [], given.directory));
    figures.shallowMs.push(await clone(remote, ['--depth=1'], given.directory));
    figures.workerMs.push((await stage.run(repository)).checkoutMs);
  }
  return figures;
}

async function clone(remote: string, flags: readonly string[], directory: string): Promise<number> {
  const target = path.join(directory, 'clone');
  const startedAt = performance.now();
  await run('git', ['clone', '--quiet', ...flags, remote, target], { env: ENVIRONMENT });
  const tookMs = performance.now() - startedAt;
  await rm(target, { recursive: true, force: true });
  return tookMs;
}
