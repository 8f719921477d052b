import type { Logger, LogFields } from '../../../app/telemetry/log.ts';
import type { Metrics } from '../../../app/telemetry/metrics.ts';
import type { Sim } from '../engine/sim.ts';
import type { Owner } from '../engine/virtual-time.ts';

/** An error that a fault of the simulation made; every other error in a log is a bug. */
export class InjectedFault extends Error {}

export const NO_METRICS = new Proxy({}, { get: () => () => undefined }) as Metrics;

/** The log as part of the trace. What it says of errors that nobody injected ends the run. */
export function createSimLog(sim: Sim, owner: Owner): Logger {
  function write(message: string, fields: LogFields = {}): void {
    const error = fields['err'] ?? fields['error'];
    sim.trace.say(`${owner.name} logs: ${message}${error instanceof Error ? `: ${error.message}` : ''}`);
    if (error !== undefined && !owner.dead && !isInjected(error)) {
      sim.broke('no unexpected error', `${owner.name}: ${message}: ${describe(error)}`);
    }
  }
  const log: Logger = { debug: () => {}, info: () => {}, warn: write, error: write, with: () => log };
  return log;
}

function isInjected(error: unknown): boolean {
  if (error instanceof AggregateError) {
    return error.errors.every(isInjected);
  }
  return error instanceof InjectedFault || (error instanceof Error && error.cause instanceof InjectedFault);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message).split('\n').slice(0, 4).join(' | ') : String(error);
}
