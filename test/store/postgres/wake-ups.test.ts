import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Database, Statement } from '../../../app/store/database.ts';
import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import type { Stores } from '../../../app/store/stores.ts';
import type { Task } from '../../../app/task/task.ts';
import { claimer, fenceOf, limits, NOON, sampleTask, usd } from '../../contract/stores/world.ts';
import { withDatabase } from '../../support/database.ts';
import { emptyTables } from '../../support/empty-tables.ts';

const test = withDatabase();

async function admit(stores: Stores, id: string, facts: Parameters<typeof sampleTask>[1] = {}): Promise<void> {
  const rate = { perUserPerHour: 100 };
  await stores.tasks.admit({ task: sampleTask(id, facts), semanticKey: id, now: NOON, rate, outbox: [] });
}

async function claim(stores: Stores, concurrency = {}): Promise<Task | null> {
  const claimed = await stores.tasks.claim(claimer({ limits: limits(concurrency) }));
  return claimed?.task ?? null;
}

describe('a change wakes whoever should look, when it commits', () => {
  let heard: string[] = [];
  let waiting: { text: string; done: () => void } | null = null;
  let subscription: { stop(): Promise<void> } | null = null;

  beforeEach(async () => {
    await emptyTables(test.database);
    heard = [];
    subscription = await test.database.listen('bosun_wake', (payload) => {
      heard.push(payload ?? 'reconnected');
      if (payload === waiting?.text) {
        waiting?.done();
      }
    });
  });
  afterEach(() => subscription?.stop());

  /** What was heard since the last call; a marker of our own comes last. */
  async function listenUp(): Promise<unknown[]> {
    const text = `marker ${Math.random()}`;
    const done = new Promise<void>((resolve) => {
      waiting = { text, done: resolve };
    });
    await test.database.query({ text: `select pg_notify('bosun_wake', $1)`, values: [text] });
    await done;
    const notices = heard.filter((notice) => notice.startsWith('{')).map((notice) => JSON.parse(notice) as unknown);
    heard = [];
    return notices;
  }

  it('for tasks and reports', async () => {
    const stores = createPostgresStores({ database: test.database });
    await admit(stores, 'A');
    const both = [
      { kind: 'task', id: 'A' },
      { kind: 'report', id: 'A' },
    ];
    expect(await listenUp()).toEqual(both);
    const task = await claim(stores);
    expect(await listenUp()).toEqual([{ kind: 'report', id: 'A' }]);
    const fence = fenceOf(task ?? expect.unreachable());
    const ref = { taskId: 'A', epoch: 1, now: NOON };
    await stores.attempts.heartbeat(ref);
    expect(await listenUp()).toEqual([]);
    await stores.attempts.finish({ ...ref, result: { ending: 'done', summary: '', questions: [], turns: 0 } });
    expect(await listenUp()).toEqual([{ kind: 'task', id: 'A' }]);
    const stop = { kind: 'cancel' as const, by: { id: 1, login: 'one' }, at: NOON };
    await stores.tasks.requestStop({ taskId: 'A', stop, now: NOON });
    expect(await listenUp()).toEqual(both);
    await stores.tasks.move({ fence, to: 'CANCELLED', now: NOON, event: { kind: 'task.ended' } });
    expect(await listenUp()).toEqual(both);
  });

  it('for the task that a freed slot lets go on', async () => {
    const stores = createPostgresStores({ database: test.database });
    await admit(stores, 'A');
    await admit(stores, 'B', { number: 2, repository: 2 });
    const task = (await claim(stores, { user: 1 })) ?? expect.unreachable();
    expect(await claim(stores, { user: 1 })).toBeNull();
    await listenUp();
    await stores.tasks.move({ fence: fenceOf(task), to: 'FAILED', now: NOON, event: { kind: 'task.ended' } });
    expect(await listenUp()).toContainEqual({ kind: 'task', id: 'B' });
  });
});

describe('round trips', () => {
  it('are few: what each act of a life asks of the database', async () => {
    await emptyTables(test.database);
    const { database, asked } = record(test.database);
    const stores = createPostgresStores({ database });
    await claim(stores);
    const seen: Record<string, string[]> = {};
    async function during<T>(name: string, work: () => Promise<T>): Promise<T> {
      asked.length = 0;
      const result = await work();
      seen[name] = [...asked];
      return result;
    }
    await during('admit', () => admit(stores, 'A'));
    const task = (await during('claim', () => claim(stores))) ?? expect.unreachable();
    await during('claim, nothing there', () => claim(stores));
    const ref = { taskId: 'A', epoch: 1, now: NOON };
    const fence = fenceOf(task);
    const facts = { tokenSha256: 'a', startSha: 'b', gateBaseSha: 'c' };
    await during('prepare', () => stores.attempts.prepare(fence, facts));
    const event = { kind: 'task.note' as const };
    await during('to RUNNING', () => stores.tasks.move({ fence, to: 'RUNNING', now: NOON, event }));
    await during('find by token', () => stores.attempts.findByToken('a'));
    const request = { ...ref, requestId: 'r', model: 'm', upperNano: usd(1), keepNano: 0 };
    await during('draw', () => stores.attempts.draw(request));
    const usage = { inputTokens: 1, outputTokens: 1, cacheWriteTokens: 0, cacheReadTokens: 0 };
    await during('settle', () => stores.attempts.settle({ requestId: 'r', costNano: 5, usage, now: NOON }));
    await during('heartbeat', () => stores.attempts.heartbeat(ref));
    await during('to FINALIZING', () => stores.tasks.move({ fence, to: 'FINALIZING', now: NOON, event }));
    await during('to COMPLETED', () => stores.tasks.move({ fence, to: 'COMPLETED', now: NOON, event }));
    expect(seen).toEqual({
      admit: ['begin', 'task-admit-turn', 'task-admit', 'commit'],
      claim: ['begin', 'claim-gate', 'claim-pick', 'claim-start', 'commit'],
      'claim, nothing there': ['begin', 'claim-gate', 'commit'],
      prepare: ['attempt-prepare'],
      'to RUNNING': ['begin', 'task-lock-task', 'task-write', 'commit'],
      'find by token': ['attempt-find-by-token'],
      draw: ['money-draw'],
      settle: ['money-settle'],
      heartbeat: ['attempt-heartbeat'],
      'to FINALIZING': ['begin', 'task-lock-task', 'attempt-close', 'task-write', 'commit'],
      'to COMPLETED': ['begin', 'task-lock-slots', 'attempt-end', 'task-write', 'tasks-wake-blocked', 'commit'],
    });
  });
});

/** The names of the statements that pass, and where transactions begin and end. */
function record(database: Database): { database: Database; asked: string[] } {
  const asked: string[] = [];
  function note(statement: Statement): Statement {
    asked.push(statement.name ?? 'unnamed');
    return statement;
  }
  return {
    asked,
    database: {
      ...database,
      query: (statement) => database.query(note(statement)),
      transaction: async (work) => {
        asked.push('begin');
        const result = await database.transaction((tx) => work({ query: (one) => tx.query(note(one)) }));
        asked.push('commit');
        return result;
      },
    },
  };
}
