import { describe, expect, it } from 'vitest';

import type { Database, Statement } from '../../../app/store/database.ts';
import { createPostgresStores } from '../../../app/store/postgres/create-postgres-stores.ts';
import type { Stores } from '../../../app/store/stores.ts';
import type { Task } from '../../../app/task/task.ts';
import { claimer, fenceOf, limits, NOON, sampleTask, usd } from '../../contract/stores/store-harness.ts';
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

describe('NOTIFY', () => {
  it('wakes every process, for many changes at once only a few times, and for each once', async () => {
    await emptyTables(test.database);
    const heard: unknown[] = [];
    let tell: () => void = () => undefined;
    const subscription = await test.database.listen('bosun_wake', (payload) => {
      heard.push(payload === null ? null : JSON.parse(payload));
      tell();
    });
    function nextNotice(): Promise<void> {
      return new Promise((resolve) => {
        tell = resolve;
      });
    }
    const stores = createPostgresStores({ database: test.database });
    const body = Buffer.from('{}');
    const anyDelivery = { kind: 'inbox', id: '*' };

    const first = nextNotice();
    await stores.inbox.record({ id: 'a', event: 'ping', body, receivedAt: NOON });
    await first;
    expect(heard).toEqual([anyDelivery]);

    const second = nextNotice();
    const ids = Array.from({ length: 40 }, (_, index) => `b${index}`);
    await Promise.all(ids.map((id) => stores.inbox.record({ id, event: 'ping', body, receivedAt: NOON })));
    await second;
    expect(heard.at(-1)).toEqual(anyDelivery);
    expect(heard.length).toBeLessThan(30);
    await subscription.stop();
  });
});

describe('round trips', () => {
  it('are few: what each act of a life asks of the database', async () => {
    await emptyTables(test.database);
    const { database, asked } = record(test.database);
    const stores = createPostgresStores({ database, wake: () => undefined });
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
    const attempt = { tokenSha256: 'a', startSha: 'b', gateBaseSha: 'c', outsiders: [] };
    await during('record', () => stores.tasks.record({ fence, now: NOON, patch: {}, attempt }));
    const event = { kind: 'task.note' as const, data: { note: 'a test' } };
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
      'claim, nothing there': ['begin', 'claim-gate', 'claim-pick', 'commit'],
      record: ['task-advance'],
      'to RUNNING': ['task-advance'],
      'find by token': ['attempt-find-by-token'],
      draw: ['money-draw'],
      settle: ['money-settle'],
      heartbeat: ['attempt-heartbeat'],
      'to FINALIZING': ['task-advance'],
      'to COMPLETED': ['begin', 'task-lock-slots', 'task-write-ending', 'commit'],
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
