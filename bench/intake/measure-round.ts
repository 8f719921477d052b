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

export interface Contestant {
  readonly name: string;
  readonly table: string;
  readonly server: Child;
  readonly port: number;
}

export async function measureRound(
  { server, port }: Contestant,
  generator: Child,
  load: ({ loop: 'closed' } & Omit<ClosedPlan, 'port'>) | ({ loop: 'open' } & Omit<OpenPlan, 'port'>),
): Promise<Round> {
  const before = await server.call<NodeJS.CpuUsage>('usage');
  const { latenciesMs, elapsedMs } = await generator.call<Load>(load.loop, { ...load, port });
  const after = await server.call<NodeJS.CpuUsage>('usage');
  const latencies = [...latenciesMs];
  return {
    perSecond: (load.count * 1_000) / elapsedMs,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    cpuUs: (after.user + after.system - before.user - before.system) / load.count,
  };
}
