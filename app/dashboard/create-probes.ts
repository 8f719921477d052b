import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readiness } from './health.ts';
import { mayReadFacts, refuseFacts } from './may-read-facts.ts';
import { routeReads, sendJson } from './route-reads.ts';

export interface ProbeOptions {
  readonly readReadiness: () => Promise<Readiness>;
  readonly version: string;
  /** Lets other machines read the metrics; null lets none. */
  readonly metricsToken: string | null;
  /** The metrics in Prometheus' text format. */
  readonly renderMetrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

/** `/healthz`, `/readyz`, `/metrics`: what every process answers, whatever its roles. */
export function createProbes(
  options: ProbeOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  return routeReads({
    '/healthz': async (response) =>
      sendJson(response, { status: 200, body: { alive: true, version: options.version } }),
    '/readyz': async (response) => {
      const readiness = await options.readReadiness();
      sendJson(response, { status: readiness.ready ? 200 : 503, body: readiness });
    },
    '/metrics': async (response, request) => {
      if (!mayReadFacts(request, options.metricsToken)) {
        refuseFacts(response, options.metricsToken);
        return;
      }
      const metrics = await options.renderMetrics();
      response.writeHead(200, { 'content-type': metrics.contentType });
      response.end(metrics.body);
    },
  });
}
