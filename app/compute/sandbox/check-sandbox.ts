import path from 'node:path';
import process, { arch, getuid } from 'node:process';
import { workerEnvironment } from '../session/worker-environment.ts';
import { runBubblewrap } from './run-bubblewrap.ts';
import { buildSandboxArguments, INSIDE } from './sandbox-arguments.ts';
import { buildSeccompFilter } from './seccomp-filter.ts';
import { explainFailure, findTools } from './sandbox-tools.ts';
import { describeToolPaths } from './tool-paths.ts';
import { reserveOwner } from './sandbox-owner.ts';

export type SandboxCheck =
  | { readonly ok: true; readonly version: string }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

/** What a program printed in a sandbox, or why there is none. */
export type SandboxTrial =
  | { readonly made: true; readonly version: string; readonly exitCode: number | null; readonly output: string }
  | { readonly made: false; readonly reason: string; readonly remedy: string };

/** Makes a real sandbox, as a worker would get it, and runs `true` in it. For `bosun start` and `bosun doctor`. */
export async function checkSandbox(options: { bwrapPath?: string } = {}): Promise<SandboxCheck> {
  const tried = await trySandbox(['true'], options);
  if (!tried.made) {
    return { ok: false, reason: tried.reason, remedy: tried.remedy };
  }
  return tried.exitCode === 0 ? { ok: true, version: tried.version } : { ok: false, ...explainFailure(tried.output) };
}

/** Runs a program in a sandbox that shows what a worker would see, and nothing to work on. */
export async function trySandbox(
  program: readonly string[],
  options: { bwrapPath?: string; toolPaths?: readonly string[] } = {},
): Promise<SandboxTrial> {
  const found = await findTools(options.bwrapPath);
  if (!found.found) {
    return { made: false, reason: found.reason, remedy: found.remedy };
  }
  const version = await runBubblewrap(found.tools.bwrap, ['--version']);
  if (version.exitCode !== 0) {
    return { made: false, ...explainFailure(version.output) };
  }
  const tooling = describeToolPaths(options.toolPaths ?? []);
  const filter = buildSeccompFilter(arch);
  const reservation = getuid?.() === 0 ? reserveOwner() : null;
  const { options: bwrapOptions, command } = buildSandboxArguments({
    tools: found.tools,
    owner: reservation?.owner ?? null,
    limits: { memoryBytes: 0, processes: 256, fileBytes: 1024 * 1024, outputBytes: 1024, diskBytes: 0 },
    workBytes: 1024 * 1024,
    workDirectory: null,
    homeDirectory: null,
    readOnly: [
      { from: process.execPath, to: INSIDE.node },
      ...tooling.mounts.map((directory) => ({ from: directory, to: directory })),
    ],
    hasFilter: filter !== null,
    hasJob: false,
    doorSocketPath: null,
    environment: workerEnvironment({
      path: [...tooling.search, path.dirname(INSIDE.node), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
      home: INSIDE.home,
      temporary: INSIDE.temporary,
      compileCache: null,
    }),
    command: program,
  });
  const made = await runBubblewrap(found.tools.bwrap, command, { options: bwrapOptions, filter }).finally(
    reservation?.release,
  );
  return { made: true, version: version.output.trim().replace(/^bubblewrap /, ''), ...made };
}
