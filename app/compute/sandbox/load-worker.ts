import type { Owner } from '../session/launch.ts';
import { runBubblewrap } from './run-bubblewrap.ts';
import { INSIDE, buildSandboxArguments, mountCode } from './sandbox-arguments.ts';
import { buildSeccompFilter } from './seccomp-filter.ts';
import type { SandboxTools } from './sandbox-tools.ts';

/** Has a worker that is given no job load its modules in a sandbox; Node keeps what it compiles in the directory. */
export function loadInSandbox(
  given: { tools: SandboxTools; workerEntry: string; nodePath: string },
  { directory, owner }: { directory: string; owner: Owner | null },
): ReturnType<typeof runBubblewrap> {
  const filter = buildSeccompFilter(process.arch);
  const code = mountCode(given.workerEntry);
  const { options, command } = buildSandboxArguments({
    tools: given.tools,
    owner,
    limits: { memoryBytes: 0, processes: 64, fileBytes: 16 * 1024 * 1024, outputBytes: 0, diskBytes: 0 },
    workBytes: 0,
    workDirectory: directory,
    homeDirectory: null,
    readOnly: [{ from: given.nodePath, to: INSIDE.node }, ...code.readOnly],
    hasFilter: filter !== null,
    hasJob: false,
    doorSocketPath: null,
    environment: { NODE_COMPILE_CACHE: INSIDE.work },
    command: [INSIDE.node, code.entry, '--warm'],
  });
  return runBubblewrap(given.tools.bwrap, command, { options, filter });
}
