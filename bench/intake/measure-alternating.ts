import { quantile } from '../frame/quantile.ts';
import type { Child } from '../frame/start-child.ts';
import type { ClosedPlan, Load, OpenPlan } from './generate-load.ts';

/** One server under one load. */
export interface Round {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** CPU time of the server's process alone, per delivery; less touched by what else the machine does. */
  readonly cpuUs: number;
}

export interface Contestant<Name extends string> {
  readonly name: Name;
  readonly table: string;
  readonly server: Child;
  readonly port: number;
}

export type LoadPlan =
  | ({ readonly loop: 'closed' } & Omit<ClosedPlan, 'port'>)
  | ({ readonly loop: 'open' } & Omit<OpenPlan, 'port'>);

interface Sum {
  elapsedMs: number;
  cpuUs: number;
  readonly latenciesMs: number[];
}

/**
 * Gives every server the same load in short slices that take turns, and adds the slices up: a burst of something else on
 * the machine lasts longer than a slice and so falls on all of them.
 */
export async function measureAlternating<Name extends string>(
  contestants: readonly Contestant<Name>[],
  generator: Child,
  { slices, load }: { slices: number; load: LoadPlan },
): Promise<Readonly<Record<Name, Round>>> {
  const sums = new Map<Name, Sum>(contestants.map(({ name }) => [name, { elapsedMs: 0, cpuUs: 0, latenciesMs: [] }]));
  for (let slice = 0; slice < slices; slice += 1) {
    const first = slice % contestants.length;
    // Everyone is first, second and third equally often.
    for (const contestant of [...contestants.slice(first), ...contestants.slice(0, first)]) {
      await measureSlice(contestant, generator, { load, sum: sums.get(contestant.name) as Sum });
    }
  }
  return Object.fromEntries([...sums].map(([name, sum]) => [name, toRound(sum)])) as Record<Name, Round>;
}

async function measureSlice(
  { server, port }: Contestant<string>,
  generator: Child,
  { load, sum }: { load: LoadPlan; sum: Sum },
): Promise<void> {
  const before = await server.call<NodeJS.CpuUsage>('usage');
  const { latenciesMs, elapsedMs } = await generator.call<Load>(load.loop, { ...load, port });
  const after = await server.call<NodeJS.CpuUsage>('usage');
  sum.elapsedMs += elapsedMs;
  sum.cpuUs += after.user + after.system - before.user - before.system;
  sum.latenciesMs.push(...latenciesMs);
}

function toRound({ elapsedMs, cpuUs, latenciesMs }: Sum): Round {
  return {
    perSecond: (latenciesMs.length * 1_000) / elapsedMs,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    cpuUs: cpuUs / latenciesMs.length,
  };
}
