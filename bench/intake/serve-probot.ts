import { generateKeyPairSync } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { Probot, Server } from 'probot';
import { createPlainInsert } from './plain-insert.ts';
import { WEBHOOK_PATH, type ServerAddress, type ServerPlan } from './server-plan.ts';

/** Probot's own server, as its documentation starts it, with the same INSERT as the only handler. It logs nothing. */
export const serveProbot = {
  async start(plan: ServerPlan): Promise<ServerAddress> {
    const { insert } = createPlainInsert(plan);
    const { privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    });
    const silent = new Probot({ appId: 1, privateKey, logLevel: 'fatal' });
    await silent.ready();
    const log = silent.log;
    const server = new Server({
      Probot: Probot.defaults({ appId: 1, privateKey, secret: plan.secret, log }),
      log,
      host: '127.0.0.1',
      port: await findFreePort(),
      webhookPath: WEBHOOK_PATH,
    });
    await server.load((app) => {
      app.on('issue_comment.created', async ({ id, name, payload }) => {
        // A handler gets the parsed payload; this is the nearest to the raw bytes it can store.
        await insert({ id, event: name, body: Buffer.from(JSON.stringify(payload)) });
      });
    });
    await server.start();
    return { port: server.port };
  },
  usage: async (): Promise<NodeJS.CpuUsage> => process.cpuUsage(),
};

/** Probot takes port 0 for "3000". */
async function findFreePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
