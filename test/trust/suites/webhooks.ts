import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { createWebhookReceiver } from '../../../app/intake/receive-webhook.ts';
import { pick, seeded, type Suite } from '../suite.ts';

const LINES: readonly string[] = [
  'POST /api/github/webhooks HTTP/1.1',
  'GET / HTTP/1.1',
  'POST /api/github/webhooks HTTP/9.9',
  'Content-Length: 2',
  'Content-Length: -1',
  'Content-Length: 99999999999',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, identity',
  'Content-Encoding: gzip',
  'Content-Type: application/json',
  'X-GitHub-Event: issues',
  'X-GitHub-Event: ../../x',
  'X-GitHub-Delivery: a',
  `X-Hub-Signature-256: sha256=${'0'.repeat(64)}`,
  'X-Hub-Signature-256: sha1=00',
  `X-Long: ${'a'.repeat(20_000)}`,
  'Expect: 100-continue',
  'Upgrade: websocket',
  'Connection: upgrade',
  'Broken header',
  ': nothing',
];
const BODIES: readonly string[] = ['{}', '', '[[[[', '\0\0', '5\r\nhello\r\n0\r\n\r\n', 'zz\r\n', '{"action":1}'];

export const webhooks: Suite = {
  name: 'webhooks',
  claim: 'No malformed or unsigned request makes a server error or leaves anything behind',
  async run(size) {
    let recorded = 0;
    const receive = createWebhookReceiver({
      inbox: { record: async () => ({ recorded: (recorded += 1) > 0 }) },
      secrets: ['a-secret-of-this-suite'],
      clock: { now: () => new Date(0) },
      bodies: { idleMs: 200, totalMs: 500 },
    });
    const server = createServer((request, response) => void receive(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const random = seeded(2);
    const tries = size === 'sample' ? 500 : 10_000;
    const bypasses: string[] = [];
    for (let index = 0; index < tries; index += 25) {
      const mutants = Array.from({ length: 25 }, () => {
        const head = Array.from({ length: Math.floor(random() * 9) }, () => pick(random, LINES));
        return `${[LINES[0], 'Host: a', ...head].join('\r\n')}\r\n\r\n${pick(random, BODIES)}`;
      });
      const answers = await Promise.all(mutants.map((mutant) => exchange(port, mutant)));
      bypasses.push(
        ...answers.flatMap((answer, at) => (answer.startsWith('HTTP/1.1 5') ? [JSON.stringify(mutants[at])] : [])),
      );
    }
    server.closeAllConnections();
    server.close();
    return { tries, bypasses: recorded > 0 ? [...bypasses, `${recorded} were recorded`] : bypasses };
  },
};

async function exchange(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.setTimeout(1_500, () => socket.destroy());
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
  socket.end(bytes);
  await once(socket, 'close');
  return answer;
}
