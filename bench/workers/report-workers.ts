import type { Machine } from '../frame/describe-machine.ts';
import { median } from '../frame/quantile.ts';
import type { Goal, Report } from '../frame/report.ts';
import { showNumber, showSpread } from '../frame/show-spread.ts';
import type { CheckoutFigures } from './measure-checkout.ts';
import type { ComputeFigures } from './measure-computes.ts';
import type { EnvironmentFigures } from './measure-environment.ts';

export interface WorkerFigures {
  readonly computes: ComputeFigures;
  readonly checkout: CheckoutFigures;
  readonly environment: EnvironmentFigures;
}

export function reportWorkers(figures: WorkerFigures, facts: { machine: Machine; runs: number }): Report {
  const { checkout, computes, environment } = figures;
  const docker = computes.tasks.find(({ compute }) => compute === 'docker');
  const sandbox = computes.tasks.find(({ compute }) => compute === 'sandbox')?.totalMs ?? [];
  const again = median(environment.setUpMs) / median(environment.snapshotMs);
  const snapshot = median(environment.snapshotMs);
  return {
    bench: 'workers',
    runs: facts.runs,
    machine: facts.machine,
    notes: [
      `Set-up: \`npm ci\` of ${environment.packages} packages in a prepare session, through the mirrors of the door; beside it plain \`npm ci\` with a cache of its own.`,
      `Checkout: a repository of ${checkout.megabytes} MB on a local GitHub, whose mirror is warm; the worker has 50 commits of history. No network lies between GitHub and git here, which makes plain clones faster than they are elsewhere.`,
      docker === undefined
        ? 'Containers were not measured: BOSUN_TEST_DOCKER names no socket of a container engine.'
        : 'Tasks write one file with a scripted model; sandbox and container alternate.',
    ],
    tables: [
      {
        title: 'Milliseconds',
        head: ['work', 'ms'],
        rows: [
          row('environment, set up again (mirror warm)', environment.setUpMs),
          row('environment, from what was kept', environment.snapshotMs),
          row('npm ci, direct, cold cache', environment.directColdMs),
          row('npm ci, direct, warm cache', environment.directWarmMs),
          row('npm ci, through the mirror, cold', environment.mirrorColdMs),
          row('npm ci, through the mirror, warm', environment.mirrorWarmMs),
          row('git clone', checkout.cloneMs),
          row('git clone --depth=1', checkout.shallowMs),
          row('checkout in the worker', checkout.workerMs),
          ...computes.tasks.map(({ compute, totalMs }) => row(`whole task, ${compute}`, totalMs)),
          ...computes.starts.map(({ ms, name }) => row(`${name}, an empty program`, ms)),
        ],
      },
    ],
    goals: [
      {
        what: 'environment from what was kept, to setting it up again',
        goal: 'at least 10 × faster',
        measured: `${showNumber(again, 1)} ×`,
        met: again >= 10,
      },
      {
        what: 'environment from what was kept',
        goal: 'at most 1,500 ms',
        measured: `${showNumber(snapshot)} ms`,
        met: snapshot <= 1_500,
      },
      ratio({
        what: 'checkout in the worker, to git clone --depth=1',
        limit: 0.3,
        of: checkout.workerMs,
        to: checkout.shallowMs,
      }),
      ratio({
        what: 'npm ci through the cold mirror, to direct',
        limit: 1.3,
        of: environment.mirrorColdMs,
        to: environment.directColdMs,
      }),
      ratio({
        what: 'npm ci through the warm mirror, to direct',
        limit: 0.8,
        of: environment.mirrorWarmMs,
        to: environment.directColdMs,
      }),
      ...(docker === undefined
        ? []
        : [ratio({ what: 'whole task in a container, to the sandbox', limit: 1.2, of: docker.totalMs, to: sandbox })]),
    ],
    figures: { ...figures },
  };
}

function row(name: string, ms: readonly number[]): string[] {
  return [name, showSpread(ms)];
}

function ratio(given: { what: string; limit: number; of: readonly number[]; to: readonly number[] }): Goal {
  const value = median(given.of) / median(given.to);
  return {
    what: given.what,
    goal: `at most ${given.limit} ×`,
    measured: `${showNumber(value, 2)} ×`,
    met: value <= given.limit,
  };
}
