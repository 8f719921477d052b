import path from 'node:path';
import { openStage, type Compute, type Stage } from './open-stage.ts';
import { makeSmallRepository, run } from './make-repositories.ts';
import type { Defer } from '../frame/with-clean-up.ts';

export interface ComputeFigures {
  /** Whole tasks, from the command to their end. */
  readonly tasks: readonly { readonly compute: Compute; readonly totalMs: readonly number[] }[];
  /** Bare programs that do nothing: what starting them costs. */
  readonly starts: readonly { readonly name: string; readonly ms: readonly number[] }[];
}

/** Has git, tar and a shell; workers bring their own Node. */
const IMAGE = 'bosun-test:base';

/** The same small task in each compute that runs here, and what an empty sandbox and an empty container take to start. */
export async function measureComputes(
  given: { directory: string; sandbox: Stage; runs: number; docker: string | null; onProgress: (line: string) => void },
  defer: Defer,
): Promise<ComputeFigures> {
  const source = path.join(given.directory, 'small');
  await makeSmallRepository(source);
  const stages: { compute: Compute; stage: Stage }[] = [{ compute: 'sandbox', stage: given.sandbox }];
  if (given.docker !== null) {
    const settings = {
      DOCKER_HOST: `unix://${given.docker}`,
      BOSUN_CONFIG: new URL('../../test/fixture/containers.yml', import.meta.url).pathname,
    };
    const stage = await openStage({ directory: given.directory, compute: 'docker', settings }, defer);
    stages.push({ compute: 'docker', stage });
  }
  const tasks = stages.map(({ compute, stage }) => ({ compute, stage, totalMs: [] as number[] }));
  const starts = [
    {
      name: 'bare bubblewrap',
      ms: [] as number[],
      command: ['bwrap', '--ro-bind', '/', '/', '--unshare-all', '--die-with-parent', 'true'],
    },
    ...(given.docker === null
      ? []
      : [
          {
            name: 'docker run',
            ms: [] as number[],
            command: ['docker', '-H', `unix://${given.docker}`, 'run', '--rm', '--network=none', IMAGE, 'true'],
          },
        ]),
  ];
  for (const { stage } of tasks) {
    // Caches of the worker's program and the mirror are made by the first task
    await stage.run(await stage.add('small', source));
  }
  for (let index = 0; index < given.runs; index += 1) {
    given.onProgress(`Tasks in ${tasks.map(({ compute }) => compute).join(' and ')}, ${index + 1} of ${given.runs} …`);
    for (const { stage, totalMs } of tasks) {
      totalMs.push((await stage.run('harbor/small')).totalMs);
    }
    for (const { command, ms } of starts) {
      const [program = '', ...args] = command;
      const startedAt = performance.now();
      await run(program, args);
      ms.push(performance.now() - startedAt);
    }
  }
  return {
    tasks: tasks.map(({ compute, totalMs }) => ({ compute, totalMs })),
    starts: starts.map(({ ms, name }) => ({ name, ms })),
  };
}
