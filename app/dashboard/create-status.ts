import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TaskStore } from '../store/stores.ts';
import type { Readiness } from './health.ts';
import { mayReadFacts, refuseFacts } from './may-read-facts.ts';
import { routeReads, sendJson } from './route-reads.ts';

export interface StatusOptions {
  readonly readReadiness: () => Promise<Readiness>;
  readonly tasks: Pick<TaskStore, 'counts'>;
  readonly version: string;
  /** Lets other machines read the numbers; null lets none. */
  readonly metricsToken: string | null;
}

/** `/status`, for machines. Resolves with false for a path it does not have. */
export function createStatus(
  options: StatusOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return routeReads({
    '/status': async (response, request) => {
      if (!mayReadFacts(request, options.metricsToken)) {
        refuseFacts(response, options.metricsToken);
        return;
      }
      const readiness = await options.readReadiness();
      const tasks = readiness.database === 'ok' ? await options.tasks.counts() : null;
      sendJson(response, { status: 200, body: { version: options.version, readiness, tasks } });
    },
  });
}
