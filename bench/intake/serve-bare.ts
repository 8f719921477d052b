import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPlainInsert, type PlainInsert } from './plain-insert.ts';
import type { ServerAddress, ServerPlan } from './server-plan.ts';

/** The floor: `node:http`, one HMAC, one INSERT, nothing else that a receiver on the internet has to do. */
export const serveBare = {
  async start(plan: ServerPlan): Promise<ServerAddress> {
    const store = createPlainInsert(plan);
    const server = createServer((request, response) => {
      receive(request, { response, store, secret: plan.secret }).catch(() => response.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return { port: (server.address() as AddressInfo).port };
  },
  usage: async (): Promise<NodeJS.CpuUsage> => process.cpuUsage(),
};

interface Exchange {
  readonly response: ServerResponse;
  readonly store: PlainInsert;
  readonly secret: string;
}

async function receive(request: IncomingMessage, { response, store, secret }: Exchange): Promise<void> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => request.on('end', resolve));
  const body = Buffer.concat(chunks);
  const wanted = Buffer.from(`sha256=${createHmac('sha256', secret).update(body).digest('hex')}`);
  const given = Buffer.from(String(request.headers['x-hub-signature-256']));
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    response.writeHead(401).end();
    return;
  }
  await store.insert({
    id: String(request.headers['x-github-delivery']),
    event: String(request.headers['x-github-event']),
    body,
  });
  response.writeHead(202).end();
}
