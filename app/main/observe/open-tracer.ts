import type { ServerConfig } from '../../config/server-config.ts';
import type { Logger } from '../../telemetry/log.ts';
import { NO_TRACER, type Tracer } from '../../telemetry/tracer.ts';
import type { Storage } from '../open-storage.ts';
import { traceTasks } from './trace-tasks.ts';

/** Spans go to the collector that the usual settings name; without one there are none, and the library is not loaded. */
export async function openTracer(
  traces: ServerConfig['traces'],
  options: { version: string; log: Logger },
): Promise<Tracer> {
  if (traces === null) {
    return NO_TRACER;
  }
  const { createTracer } = await import('../../telemetry/trace.ts');
  return createTracer({
    ...traces,
    version: options.version,
    onProblem: (error) => options.log.warn('Spans could not be sent to the collector', { err: error }),
  });
}

export function traceStorage(storage: Storage, options: { tracer: Tracer; log: Logger }): Storage {
  if (options.tracer === NO_TRACER) {
    return storage;
  }
  const { stores } = storage;
  return { ...storage, stores: { ...stores, tasks: traceTasks(stores.tasks, options) } };
}
