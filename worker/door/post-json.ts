import { Agent, request } from 'node:http';
import { takeStart } from '../../protocol/index.ts';

/** What the door answered. */
export interface DoorAnswer {
  readonly status: number;
  readonly json: unknown;
}

export interface DoorAddress {
  readonly url: string;
  readonly token: string;
}

const TIMEOUT_MS = 15_000;
const MAX_ANSWER_LENGTH = 64 * 1024;

/** Sends JSON to the door over one kept connection. `node:http` and not `fetch`, because that starts faster. */
export function createPoster(door: DoorAddress): (path: string, body: unknown) => Promise<DoorAnswer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 2 });
  const base = new URL(door.url);
  return (path, body) =>
    new Promise((resolve, reject) => {
      const bytes = Buffer.from(JSON.stringify(body));
      const call = request(
        {
          agent,
          hostname: base.hostname,
          port: base.port,
          method: 'POST',
          path: base.pathname.replace(/\/$/, '') + path,
          timeout: TIMEOUT_MS,
          headers: {
            authorization: `Bearer ${door.token}`,
            'content-type': 'application/json',
            'content-length': bytes.length,
          },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => {
            text = takeStart(text + chunk, MAX_ANSWER_LENGTH);
          });
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, json: parseOrNull(text) }));
          answer.on('error', reject);
        },
      );
      call.on('timeout', () => call.destroy(new Error('the door did not answer in time')));
      call.on('error', reject);
      call.end(bytes);
    });
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
