import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
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

const MOST_MEMORY = 300 * 1024 * 1024;
const MOST_LAG_MS = 200;

export const webhooks: Suite = {
  name: 'webhooks',
  claim: 'No malformed or unsigned request makes a server error, leaves anything behind, or holds the server up',
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
    const lag = watchLag();
    const memoryBefore = process.memoryUsage.rss();
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
    const grownBy = process.memoryUsage.rss() - memoryBefore;
    const lagMs = lag.stop();
    bypasses.push(
      ...(recorded > 0 ? [`${recorded} were recorded`] : []),
      ...(grownBy > MOST_MEMORY ? [`${Math.round(grownBy / 1024 / 1024)} MiB of memory are held`] : []),
      ...(lagMs > MOST_LAG_MS ? [`the server did nothing else for ${Math.round(lagMs)} ms`] : []),
    );
    return { tries, bypasses };
  },
};

/** How long the event loop was held at most, without what the process waited for a processor. */
function watchLag(): { stop: () => number } {
  const everyMs = 20;
  let most = 0;
  let last = { at: performance.now(), waited: waitedMs() };
  const timer = setInterval(() => {
    const now = { at: performance.now(), waited: waitedMs() };
    most = Math.max(most, now.at - last.at - everyMs - (now.waited - last.waited));
    last = now;
  }, everyMs);
  return {
    stop() {
      clearInterval(timer);
      return most;
    },
  };
}

/** Time that this thread was ready to run and did not; 0 where the kernel does not say. */
function waitedMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

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
