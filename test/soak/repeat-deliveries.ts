import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { WEBHOOK_PATH } from '../../app/main.ts';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';
import type { Delivery } from '../../demo/github/webhooks/deliveries.ts';
import { startCrashingBosun } from '../crash/start-crashing-bosun.ts';
import { openInstallation, type Installation } from './open-installation.ts';

export interface RepeatOptions {
  readonly deliveries: number;
  readonly callers: number;
  readonly commands: number;
}

export interface RepeatResult extends RepeatOptions {
  /** Of the deliveries, those under an id of their own. */
  readonly fresh: number;
  /** Answered with anything but 2xx. */
  readonly refused: number;
  readonly takenMs: number;
  /** From the first delivery until the last was routed. */
  readonly routedMs: number;
  readonly tasks: number;
  /** Sentences; empty when there is one task and one 👀 for each command and nothing else. */
  readonly faults: readonly string[];
}

/**
 * Sends what GitHub sent for a few commands again and again to a web process: every other time under the same delivery
 * id, else under a fresh one, so many at a time.
 */
export async function repeatDeliveries(connection: PostgresConnection, options: RepeatOptions): Promise<RepeatResult> {
  const installation = await openInstallation(connection, { tasks: options.commands });
  const web = startCrashingBosun({
    settings: installation.settings({ machine: 'front', roles: 'web', port: installation.port }),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: options.callers });
  try {
    await web.ready;
    installation.threads.forEach((thread) => installation.comment(thread, '/implement'));
    await installation.github.settled();
    const originals = installation.github.deliveries.filter(({ event }) => event === 'issue_comment');
    const ids = new Set(originals.map(({ guid }) => guid));
    let [next, refused, fresh] = [0, 0, 0];
    const startedMs = Date.now();
    async function call(): Promise<void> {
      for (; next < options.deliveries;) {
        const original = originals[next % originals.length] as Delivery;
        const isFresh = Math.floor(next / originals.length) % 2 === 1;
        const id = isFresh ? randomUUID() : original.guid;
        next += 1;
        fresh += Number(isFresh);
        ids.add(id);
        const status = await send(original, { agent, port: installation.port, id });
        refused += Number(status < 200 || status > 299);
      }
    }
    await Promise.all(Array.from({ length: options.callers }, call));
    const takenMs = Date.now() - startedMs;
    await allRouted(installation);
    const routedMs = Date.now() - startedMs;
    const tasks = await installation.stores.tasks.list({ limit: 100_000 });
    const faults = await findExtra(installation, { tasks: tasks.length, ids, refused });
    return { ...options, fresh, refused, takenMs, routedMs, tasks: tasks.length, faults };
  } finally {
    agent.destroy();
    await web.stop();
    await installation.close();
  }
}

function send(original: Delivery, to: { agent: Agent; port: number; id: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    const body = Buffer.from(original.body);
    const sent = request(
      {
        agent: to.agent,
        host: '127.0.0.1',
        port: to.port,
        path: WEBHOOK_PATH,
        method: 'POST',
        headers: { ...original.requestHeaders, 'x-github-delivery': to.id, 'content-length': body.length },
      },
      (response) => {
        response.resume();
        response.once('end', () => resolve(response.statusCode ?? 0));
      },
    );
    sent.once('error', reject);
    sent.end(body);
  });
}

async function allRouted({ database }: Installation): Promise<void> {
  for (;;) {
    const [row] = await database.query<{ open: number }>({
      text: `select count(*) as open from inbox where state = 'new'`,
    });
    if (row?.open === 0) {
      return;
    }
    await pause(250);
  }
}

async function findExtra(
  { database, stores, threads }: Installation,
  seen: { tasks: number; ids: ReadonlySet<string>; refused: number },
): Promise<string[]> {
  const [row] = await database.query<{ parked: number; claims: number; eyes: number; other: number }>({
    text: `select (select count(*) from inbox where state = 'parked') as parked,
      (select count(*) from command_claim) as claims,
      (select count(*) from outbox where message->>'content' = 'eyes') as eyes,
      (select count(*) from outbox where message->>'content' is distinct from 'eyes') as other`,
  });
  const known = await stores.inbox.known([...seen.ids]);
  return [
    ...say(seen.tasks === threads.length, `${seen.tasks} tasks`),
    ...say(seen.refused === 0, `${seen.refused} deliveries were not taken`),
    ...say(known.size === seen.ids.size, `${known.size} of ${seen.ids.size} ids are known`),
    ...say(row?.parked === 0, `${row?.parked} deliveries are parked`),
    ...say(row?.claims === threads.length, `${row?.claims} commands are claimed`),
    ...say(row?.eyes === threads.length, `${row?.eyes} commands get their reaction`),
    ...say(row?.other === 0, `${row?.other} messages say something else`),
  ];
}

function say(holds: boolean, sentence: string): string[] {
  return holds ? [] : [sentence];
}
