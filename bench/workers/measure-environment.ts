import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { ENVIRONMENT, makePackageRepository, run } from './make-repositories.ts';
import type { RunTask, Stage } from './open-stage.ts';

/** Milliseconds of each run. */
export interface EnvironmentFigures {
  readonly packages: number;
  /** The whole step: session, checkout, `npm ci`, and keeping what it made. */
  readonly setUpMs: readonly number[];
  readonly snapshotMs: readonly number[];
  /** `npm ci` alone. */
  readonly mirrorColdMs: readonly number[];
  readonly mirrorWarmMs: readonly number[];
  readonly directColdMs: readonly number[];
  readonly directWarmMs: readonly number[];
}

/** Sets up a repository of 400 packages: again and again, from what was kept, and with plain npm beside it. */
export async function measureEnvironment(
  stage: Stage,
  given: { directory: string; runs: number; onProgress: (line: string) => void },
): Promise<EnvironmentFigures> {
  const source = path.join(given.directory, 'packages');
  const packages = await makePackageRepository(source);
  const figures = {
    packages,
    setUpMs: [] as number[],
    snapshotMs: [] as number[],
    mirrorColdMs: [] as number[],
    mirrorWarmMs: [] as number[],
    directColdMs: [] as number[],
    directWarmMs: [] as number[],
  };
  for (let index = 0; index < given.runs; index += 1) {
    given.onProgress(`Set-up of ${packages} packages, ${index + 1} of ${given.runs} …`);
    const repository = await stage.add(`packages-${index}`, source);
    // Each run begins with nothing in the caches, here and there
    await rm(path.join(stage.servers.dataDir, 'packages'), { recursive: true, force: true });
    figures.directColdMs.push(await installDirectly(source, path.join(given.directory, `cache-${index}`)));
    figures.mirrorColdMs.push(installTime(await stage.run(repository, '/implement --fresh')));
    figures.directWarmMs.push(await installDirectly(source, path.join(given.directory, `cache-${index}`)));
    const again = await stage.run(repository, '/implement --fresh');
    figures.mirrorWarmMs.push(installTime(again));
    figures.setUpMs.push(preparation(again).durationMs);
    const reused = preparation(await stage.run(repository));
    if (!reused.fromSnapshot) {
      throw new Error('the second task did not use what the first one installed');
    }
    figures.snapshotMs.push(reused.durationMs);
  }
  return figures;
}

function preparation({ attempt }: RunTask): { durationMs: number; fromSnapshot: boolean } {
  const prepared = attempt.environment?.prepared ?? null;
  if (prepared === null || !prepared.ok) {
    throw new Error(`the set-up failed: ${prepared?.cause ?? prepared?.output ?? 'nothing was set up'}`);
  }
  return prepared;
}

function installTime(result: RunTask): number {
  preparation(result);
  const runs = result.attempt.prepareResult?.runs ?? [];
  return runs.find(({ command }) => command.startsWith('npm ci'))?.durationMs ?? Number.NaN;
}

/** Plain `npm ci`, as a person would run it, with a cache of its own. */
async function installDirectly(source: string, cache: string): Promise<number> {
  const copy = `${cache}-copy`;
  await rm(copy, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await run('git', ['clone', '--quiet', source, copy], { env: ENVIRONMENT });
  const startedAt = performance.now();
  await run('npm', ['ci', '--no-audit', '--no-fund', '--cache', cache], { cwd: copy, maxBuffer: 64 * 1024 * 1024 });
  const tookMs = performance.now() - startedAt;
  await rm(copy, { recursive: true, force: true });
  return tookMs;
}
