import type { RouterOptions } from '../../intake/router.ts';
import type { TaskStore } from '../../store/stores.ts';
import type { Tracer } from '../../telemetry/tracer.ts';
import { systemClock } from '../system.ts';

type Routed = Parameters<NonNullable<RouterOptions['onRouted']>>[0];

/** Adds a delivery to the trace of each task that its note names: from when it came in until it was handled. */
export async function traceDelivery(
  delivery: Routed,
  options: { tracer: Tracer; tasks: Pick<TaskStore, 'find'> },
): Promise<void> {
  const endedAt = systemClock.now();
  const facts = { delivery: delivery.id, event: delivery.event };
  for (const [, id = ''] of delivery.note.matchAll(/\btask ([0-9A-HJKMNP-TV-Z]{26})\b/g)) {
    const task = await options.tasks.find(id);
    if (task !== null) {
      options.tracer.record('delivery', task, { startedAt: delivery.receivedAt, endedAt, facts });
    }
  }
}
