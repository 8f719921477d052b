import { once } from 'node:events';
import { request } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { RemoteSessions } from '../../../app/compute/cluster/remote-sessions.ts';
import { handleJoin } from '../../../app/door/remote/handle-join.ts';
import { DOOR_NAME, makeDoorCertificate } from '../../../app/door/tls/door-certificate.ts';
import { DOOR_PATHS, type RemoteDoor } from '../../../protocol/index.ts';

/** The door as workers on other machines see it: hands out jobs, and passes what they tell to a socket of the test. */
export async function openTestDoor(
  sessions: RemoteSessions,
  socketPath: string,
): Promise<{ door: RemoteDoor; close: () => Promise<void> }> {
  const { certificate, key } = makeDoorCertificate(Buffer.from('the door of the test'));
  const server = createServer({ key, cert: certificate }, (incoming, response) => {
    if (incoming.url === DOOR_PATHS.join) {
      void handleJoin({ request: incoming, response }, sessions);
      return;
    }
    const { headers, method = 'GET', url: path = '/' } = incoming;
    const passed = request({ socketPath, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy());
    incoming.pipe(passed);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    door: { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`, certificate, serverName: DOOR_NAME },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
