import { execFile, execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { describeRegistries } from '../../../app/config/packages-config.ts';
import type { RegistryConfig } from '../../../app/config/packages-config.ts';
import { PACKAGE_TYPES } from '../../../protocol/index.ts';
import { openPackages } from '../../../worker/packages/open-packages.ts';
import { TOKEN } from '../attempt-world.ts';
import { makeDirectory, openMirror } from './open-mirror.ts';
import type { OpenMirror } from './open-mirror.ts';

export interface PrepareWorker {
  readonly mirror: OpenMirror;
  readonly home: string;
  readonly repository: string;
  readonly baseUrl: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs a command as a set-up command is run. */
  run(command: string): Promise<{ code: number; output: string }>;
}

/** What a prepare session has: a home, a checkout, and package managers that know the mirrors of these registries. */
export async function openWorker(
  registries: readonly RegistryConfig[],
  files: Readonly<Record<string, string>> = {},
): Promise<PrepareWorker> {
  const mirror = await openMirror({ registries });
  const directory = await makeDirectory();
  const [home, repository] = [path.join(directory, 'home'), path.join(directory, 'repository')];
  await Promise.all([home, repository].map((folder) => mkdir(folder)));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(repository, name)), { recursive: true });
    await writeFile(path.join(repository, name), content);
  }
  const packages = await openPackages(
    {
      door: { url: mirror.url, token: TOKEN },
      packages: { registries: describeRegistries({ builtIn: PACKAGE_TYPES, registries }) },
    },
    { home, repository },
  );
  onTestFinished(() => packages.close());
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, LANG: 'C.UTF-8', CI: '1', ...packages.env };
  return {
    mirror,
    home,
    repository,
    baseUrl: packages.baseUrl,
    env,
    run: (command) =>
      new Promise((resolve) => {
        execFile('/bin/sh', ['-c', command], { cwd: repository, env, timeout: 120_000 }, (error, stdout, stderr) =>
          resolve({ code: error === null ? 0 : 1, output: stdout + stderr }),
        );
      }),
  };
}
/** Whether a package manager is installed here. */
export function hasClient(command: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', `command -v ${command}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
