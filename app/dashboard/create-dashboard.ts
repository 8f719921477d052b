import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TaskStore } from '../store/stores.ts';
import type { Readiness } from './health.ts';
import { mayReadFacts, refuseFacts } from './may-read-facts.ts';
import { renderIndex } from './render-index.ts';
import { routeReads, sendJson } from './route-reads.ts';

export interface DashboardOptions {
  readonly readReadiness: () => Promise<Readiness>;
  readonly tasks: Pick<TaskStore, 'counts'>;
  readonly version: string;
  /** Lets other machines read the numbers; null lets none. */
  readonly metricsToken: string | null;
}

/** `/` and `/status`. Read-only; resolves with false for a path it does not have. */
export function createDashboard(
  options: DashboardOptions,
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
    '/': async (response, request) => {
      const readiness = await options.readReadiness();
      const isOpen = mayReadFacts(request, options.metricsToken);
      const counts = isOpen && readiness.database === 'ok' ? await options.tasks.counts() : null;
      response.writeHead(200, {
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
      });
      response.end(renderIndex({ version: options.version, readiness, counts }));
    },
  });
}
