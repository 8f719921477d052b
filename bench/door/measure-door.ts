import { randomBytes } from 'node:crypto';
import { Agent, request as openRequest, type IncomingMessage } from 'node:http';
import { DOOR_PATHS } from '../../protocol/index.ts';
import { makeDirectory } from '../frame/make-directory.ts';
import { median } from '../frame/quantile.ts';
import type { BenchOptions } from '../frame/report.ts';
import { startChild, type Child } from '../frame/start-child.ts';
import type { Defer } from '../frame/with-clean-up.ts';
import type { DoorPlace, DoorPlan } from './serve-door.ts';

type Way = 'direct' | 'loopback' | 'socket';

export interface DoorFigures {
  /** Median of each run, milliseconds. */
  readonly requestMs: Readonly<Record<Way, readonly number[]>>;
  /** Until the first byte of a stream whose provider waits after it; null where it did not come before the rest. */
  readonly firstByteMs: Readonly<Record<Way, readonly (number | null)[]>>;
}

interface Target {
  readonly way: Way;
  readonly where: { readonly host: string; readonly port: number } | { readonly socketPath: string };
  readonly path: string;
  readonly token: string;
  readonly agent: Agent;
}

const REQUESTS = 200;
const STREAMS = 20;
const HELD_BACK_MS = 2_000;
/** About what an agent sends after some turns. */
const PROMPT_CHARACTERS = 20_000;

/** The same provider is asked directly and through the door, in turn, one request after the other. */
export async function measureDoor(options: BenchOptions, defer: Defer): Promise<DoorFigures> {
  const place = makeDirectory();
  defer(place.remove);
  const model = startChild('serve-model');
  defer(() => model.stop());
  const { port } = await model.call<{ port: number }>('start');
  const door = startChild('serve-door', options);
  defer(() => door.stop());
  const token = randomBytes(24).toString('base64url');
  const plan: DoorPlan = { directory: place.directory, modelPort: port, token };
  const opened = await door.call<DoorPlace>('start', plan);
  const targets = makeTargets({ port, opened, token });
  defer(() => targets.forEach(({ agent }) => agent.destroy()));

  await measureRequests(targets);
  const requestMs: Record<Way, number[]> = { direct: [], loopback: [], socket: [] };
  const firstByteMs: Record<Way, (number | null)[]> = { direct: [], loopback: [], socket: [] };
  for (let run = 0; run < options.runs; run += 1) {
    options.onProgress(`Door, run ${run + 1} of ${options.runs} …`);
    const times = await measureRequests(targets);
    for (const target of targets) {
      requestMs[target.way].push(median(times[target.way]));
      for (let count = 0; count < STREAMS; count += 1) {
        firstByteMs[target.way].push(await timeFirstByte(target, model));
      }
    }
  }
  return { requestMs, firstByteMs };
}

function makeTargets({ port, opened, token }: { port: number; opened: DoorPlace; token: string }): Target[] {
  const door = new URL(opened.url);
  const throughDoor = `${DOOR_PATHS.model}/v1/messages`;
  const host = '127.0.0.1';
  const target = (way: Way, to: Pick<Target, 'where' | 'path'>): Target => ({
    way,
    ...to,
    token,
    agent: new Agent({ keepAlive: true, maxSockets: 1 }),
  });
  return [
    target('direct', { where: { host, port }, path: '/v1/messages' }),
    target('loopback', { where: { host, port: Number(door.port) }, path: throughDoor }),
    target('socket', { where: { socketPath: opened.socketPath }, path: throughDoor }),
  ];
}

async function measureRequests(targets: readonly Target[]): Promise<Record<Way, number[]>> {
  const times: Record<Way, number[]> = { direct: [], loopback: [], socket: [] };
  for (let count = 0; count < REQUESTS; count += 1) {
    for (const target of targets) {
      const startedAt = performance.now();
      const response = await ask(target, { stream: false });
      response.resume();
      await new Promise((resolve) => response.once('end', resolve));
      times[target.way].push(performance.now() - startedAt);
    }
  }
  return times;
}

/** The provider sends one event and waits for our word; who gathers before passing on never gets to see it in time. */
async function timeFirstByte(target: Target, model: Child): Promise<number | null> {
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const heldBack = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), HELD_BACK_MS);
  });
  let ended: Promise<unknown> = Promise.resolve();
  const firstByte = ask(target, { stream: true }).then(async (response) => {
    ended = new Promise((resolve) => response.once('end', resolve));
    await new Promise((resolve) => response.once('data', resolve));
    return performance.now() - startedAt;
  });
  const result = await Promise.race([firstByte, heldBack]);
  clearTimeout(timer);
  await model.call('release');
  await firstByte;
  await ended;
  return result;
}

function ask(target: Target, { stream }: { stream: boolean }): Promise<IncomingMessage> {
  const body = JSON.stringify({
    model: 'claude-sonnet-5',
    max_tokens: 1_000,
    stream,
    messages: [{ role: 'user', content: 'When is high water? '.repeat(PROMPT_CHARACTERS / 20) }],
  });
  return new Promise((resolve, reject) => {
    const request = openRequest(
      {
        ...target.where,
        agent: target.agent,
        method: 'POST',
        path: target.path,
        headers: {
          authorization: `Bearer ${target.token}`,
          'anthropic-version': '2023-06-01',
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
        },
      },
      (response) => {
        if (response.statusCode === 200) {
          resolve(response);
        } else {
          response.setEncoding('utf8');
          response.once('data', (text: string) => reject(new Error(`${target.way}: ${response.statusCode} ${text}`)));
        }
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
