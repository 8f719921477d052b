import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import path from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DOOR_PATHS, takeEnd } from '../protocol/index.ts';
import type { AnyJob } from '../protocol/index.ts';

interface Place {
  readonly job: Pick<AnyJob, 'door' | 'workDir'>;
  /** The door's base URL as programs see it. */
  readonly doorUrl: string;
  readonly home: string;
}

/** Sends what set-up made in the checkout and the home to the door, where later sessions get it from. */
export async function sendEnvironment(place: Place): Promise<void> {
  const tar = startTar(['-c', '-f', '-', '-C', rootOf(place), '--', ...partsOf(place)]);
  const sending = ask(place, { method: 'PUT', headers: { 'content-type': 'application/x-tar' } });
  const answered = once(sending, 'response') as Promise<[IncomingMessage]>;
  await Promise.all([pipeline(tar.stdout, sending), tar.ended, answered]);
  const [answer] = await answered;
  answer.resume();
  if (answer.statusCode !== 204) {
    throw new Error(`the door did not take the environment: ${answer.statusCode}`);
  }
}

/** Unpacks the environment that the session starts from, before anything else is in the way. */
export async function fetchEnvironment(place: Place): Promise<void> {
  const asking = ask(place, { method: 'GET' });
  asking.end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) {
    answer.resume();
    throw new Error(`the door did not send the environment: ${answer.statusCode}`);
  }
  const tar = startTar(['-x', '-f', '-', '-C', rootOf(place)]);
  await Promise.all([pipeline(answer, tar.stdin), tar.ended]);
}

export function homeOf({ baseEnv, job }: { baseEnv: Readonly<Record<string, string>>; job: Place['job'] }): string {
  return baseEnv['HOME'] ?? path.join(path.dirname(job.workDir), 'home');
}

/** Above the work directory and the home, which on other machines lie side by side. */
function rootOf({ job }: Place): string {
  return path.dirname(job.workDir);
}

function partsOf({ home, job }: Place): string[] {
  return [path.join(job.workDir, 'repository'), home].map((part) => path.relative(path.dirname(job.workDir), part));
}

function ask({ doorUrl, job }: Place, options: RequestOptions): ClientRequest {
  const { hostname, port } = new URL(doorUrl);
  const headers = { ...options.headers, authorization: `Bearer ${job.door.token}` };
  return request({ hostname, port, path: DOOR_PATHS.environment, agent: false, ...options, headers });
}

function startTar(args: readonly string[]): { stdin: Writable; stdout: Readable; ended: Promise<void> } {
  const child = spawn('tar', args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => (errors = takeEnd(errors + chunk.toString('utf8'), 2_000)));
  const ended = (async () => {
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) {
      throw new Error(`tar ended with ${code}: ${errors.trim()}`);
    }
  })();
  ended.catch(() => undefined);
  return { stdin: child.stdin, stdout: child.stdout, ended };
}
