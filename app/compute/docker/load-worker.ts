import { realpath } from 'node:fs/promises';
import type Dockerode from 'dockerode';
import type { Owner } from '../session/launch.ts';
import { INSIDE, mountCode } from '../sandbox/sandbox-arguments.ts';
import { planTrial } from './check-image.ts';
import { runContainer } from './run-container.ts';
import type { WorkerImage } from './worker-image.ts';

const LARGEST_FILE_BYTES = 16 * 1024 * 1024;

/** Has a worker that is given no job load its modules in a container; Node keeps what it compiles in the directory. */
export async function loadInContainer(
  engine: Dockerode,
  given: { image: WorkerImage; workerEntry: string; nodePath: string; runtime: string | null },
  { directory, owner }: { directory: string; owner: Owner | null },
): Promise<{ exitCode: number; output: string }> {
  const trial = await planTrial(given);
  const code = mountCode(await realpath(given.workerEntry));
  const ran = await runContainer(engine, {
    ...trial,
    kind: 'compile',
    owner: owner ?? trial.owner,
    environment: { ...trial.environment, NODE_COMPILE_CACHE: INSIDE.work },
    binds: [...trial.binds, ...code.readOnly, { from: directory, to: INSIDE.work, writable: true as const }],
    limits: { ...trial.limits, fileBytes: LARGEST_FILE_BYTES },
    command: [INSIDE.node, code.entry, '--warm'],
  });
  return { exitCode: ran.exitCode, output: ran.output + ran.errors };
}
