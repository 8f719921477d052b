import { arch, getuid } from 'node:process';
import { runBubblewrap } from './run-bubblewrap.ts';
import { buildSandboxArguments } from './sandbox-arguments.ts';
import { buildSeccompFilter } from './seccomp-filter.ts';
import { explainFailure, findTools } from './sandbox-tools.ts';
import { reserveOwner } from './sandbox-owner.ts';

export type SandboxCheck =
  | { readonly ok: true; readonly version: string }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

/** Makes a real sandbox, as a worker would get it, and runs `true` in it. For `bosun start` and `bosun doctor`. */
export async function checkSandbox(options: { bwrapPath?: string } = {}): Promise<SandboxCheck> {
  const found = await findTools(options.bwrapPath);
  if (!found.found) {
    return { ok: false, reason: found.reason, remedy: found.remedy };
  }
  const version = await runBubblewrap(found.tools.bwrap, ['--version']);
  if (version.exitCode !== 0) {
    return { ok: false, ...explainFailure(version.output) };
  }
  const filter = buildSeccompFilter(arch);
  const reservation = getuid?.() === 0 ? reserveOwner() : null;
  const { options: bwrapOptions, command } = buildSandboxArguments({
    tools: found.tools,
    owner: reservation?.owner ?? null,
    limits: { memoryBytes: 0, processes: 16, fileBytes: 1024, outputBytes: 1024, diskBytes: 0 },
    workBytes: 1024 * 1024,
    workDirectory: null,
    homeDirectory: null,
    readOnly: [],
    hasFilter: filter !== null,
    hasJob: false,
    doorSocketPath: null,
    environment: {},
    command: ['true'],
  });
  const made = await runBubblewrap(found.tools.bwrap, command, { options: bwrapOptions, filter }).finally(
    reservation?.release,
  );
  return made.exitCode === 0
    ? { ok: true, version: version.output.trim().replace(/^bubblewrap /, '') }
    : { ok: false, ...explainFailure(made.output) };
}
