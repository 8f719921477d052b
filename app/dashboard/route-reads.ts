import type { IncomingMessage, ServerResponse } from 'node:http';

/** Routes reads by their exact path; resolves with false for what is none of them. */
export function routeReads(
  routes: Readonly<Record<string, (response: ServerResponse, request: IncomingMessage) => Promise<void>>>,
): (request: IncomingMessage, response: ServerResponse) => Promise<boolean> {
  const known = new Map(Object.entries(routes));
  return async function handle(request, response) {
    const route = known.get((request.url ?? '/').split('?')[0] ?? '/');
    if (route === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) {
      return false;
    }
    response.setHeader('cache-control', 'no-store');
    response.setHeader('x-content-type-options', 'nosniff');
    await route(response, request);
    return true;
  };
}

export function sendJson(response: ServerResponse, answer: { status: number; body: unknown }): void {
  response.writeHead(answer.status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(answer.body)}\n`);
}
