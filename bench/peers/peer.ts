import pg from 'pg';
import type { PostgresConnection } from '../../app/store/postgres/driver/connection-settings.ts';

/** Another job engine on the same server, in a database of its own and in its own process, as its manual sets it up. */
export interface PeerPlan {
  readonly connection: PostgresConnection;
  readonly connections: number;
  /** How many jobs it may work on at once. */
  readonly workers: number;
  /** Groups that share a limit, where the engine knows such a thing. */
  readonly partitions: number;
}

export interface JobsPlan {
  readonly jobs: number;
  /** How many callers add jobs at once. */
  readonly callers: number;
}

/** Runs `work` for each number below `count`, `callers` at a time. */
export async function inParallel(
  { jobs, callers }: JobsPlan,
  work: (number: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  async function caller(): Promise<void> {
    while (next < jobs) {
      const number = next;
      next += 1;
      await work(number);
    }
  }
  await Promise.all(Array.from({ length: callers }, caller));
}

/** Resolves once `count` things happened; `happened` is notified of each. */
export function createTally(): { expect(count: number): Promise<void>; happened(): void } {
  let missing = 0;
  let resolve: () => void = () => undefined;
  return {
    expect: (count) =>
      new Promise((done) => {
        missing = count;
        resolve = done;
      }),
    happened: () => {
      missing -= 1;
      if (missing === 0) {
        resolve();
      }
    },
  };
}

/** How long one job waited until it ran. */
export interface JobTime {
  readonly fromCallMs: number;
  /** From the answer to the enqueueing call; below 0 where the job ran before it. */
  readonly fromAddedMs: number;
}

/** Adds a job by `add` and times it until `ran`. */
export async function timeJob(ran: Promise<void>, add: () => Promise<unknown>): Promise<JobTime> {
  const calledAt = performance.now();
  const seen = ran.then(() => performance.now());
  await add();
  const addedAt = performance.now();
  const ranAt = await seen;
  return { fromCallMs: ranAt - calledAt, fromAddedMs: ranAt - addedAt };
}

/** A driver URL for engines that take no object. */
export function urlOf(connection: PostgresConnection, database?: string): string {
  if ('url' in connection) {
    const url = new URL(connection.url);
    url.pathname = `/${database ?? url.pathname.slice(1)}`;
    return url.href;
  }
  const { port, socketDirectory, user } = connection;
  const query = new URLSearchParams({ host: socketDirectory, port: String(port) });
  return `postgresql://${user}@localhost/${database ?? connection.database}?${query.toString()}`;
}

/** Makes an empty database for the engine, so that neither meets the other's tables nor those of an earlier run. */
export async function makeDatabase(connection: PostgresConnection, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: urlOf(connection) });
  await client.connect();
  await client.query(`drop database if exists ${name} with (force)`);
  await client.query(`create database ${name}`);
  await client.end();
  return urlOf(connection, name);
}
