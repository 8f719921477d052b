import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TaskStore } from '../store/stores.ts';
import { readReadiness, type ReadinessSources } from './health.ts';
import { renderIndex } from './render-index.ts';

export interface DashboardOptions extends ReadinessSources {
  readonly tasks: Pick<TaskStore, 'oldestReady' | 'counts'>;
  readonly version: string;
  /** The metrics in Prometheus' text format. */
  readonly renderMetrics: () => Promise<{ readonly contentType: string; readonly body: string }>;
}

type Handler = (response: ServerResponse) => Promise<void>;

/** `/`, `/healthz`, `/readyz`, `/status`, `/metrics`. Read-only; resolves with false for a path it does not have. */
export function createDashboard(
  options: DashboardOptions,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const routes = new Map<string, Handler>([
    ['/healthz', async (response) => sendJson(response, 200, { alive: true, version: options.version })],
    [
      '/readyz',
      async (response) => {
        const readiness = await readReadiness(options);
        sendJson(response, readiness.ready ? 200 : 503, readiness);
      },
    ],
    [
      '/status',
      async (response) => {
        const readiness = await readReadiness(options);
        const tasks = readiness.database === 'ok' ? await options.tasks.counts() : null;
        sendJson(response, 200, { version: options.version, readiness, tasks });
      },
    ],
    [
      '/metrics',
      async (response) => {
        const metrics = await options.renderMetrics();
        response.writeHead(200, { 'content-type': metrics.contentType });
        response.end(metrics.body);
      },
    ],
    [
      '/',
      async (response) => {
        const readiness = await readReadiness(options);
        const counts = readiness.database === 'ok' ? await options.tasks.counts() : null;
        response.writeHead(200, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
        });
        response.end(renderIndex({ version: options.version, readiness, counts }));
      },
    ],
  ]);

  return async function handle(request, response) {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const route = routes.get(path);
    if (route === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) {
      return false;
    }
    response.setHeader('cache-control', 'no-store');
    response.setHeader('x-content-type-options', 'nosniff');
    await route(response);
    return true;
  };
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
