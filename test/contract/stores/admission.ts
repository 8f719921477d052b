import { describe, expect, it } from 'vitest';

import type { NewOutboxItem } from '../../../app/store/stores.ts';
import { after, NOON, withStores, type OpenStores } from './store-harness.ts';

const HOUR_MS = 3_600_000;

export function describeAdmission(open: OpenStores): void {
  describe('admission', () => {
    const harness = withStores(open);

    function request(facts: Parameters<typeof harness.newTask>[0] = {}, more: { key?: string; now?: Date } = {}) {
      const task = harness.newTask(facts);
      const key = more.key ?? task.id;
      return { task, semanticKey: key, now: more.now ?? NOON, rate: { perUserPerHour: 3 }, outbox: [reaction(key)] };
    }

    it('gives back the task as it was asked for, waiting for a slot', async () => {
      const asked = request({ priority: 8 });
      const admitted = await harness.stores.tasks.admit(asked);
      expect(admitted).toMatchObject({ admitted: true, task: { ...asked.task, state: 'SUBMITTED', epoch: 0 } });
      const task = await harness.find(asked.task.id);
      expect(task).toEqual('task' in admitted ? admitted.task : null);
      expect(task.wait).toEqual({ reason: 'slot', wakeAt: NOON, note: null, blockedOn: null });
      expect(task.lease).toBeNull();
      expect(task.revision).toBe(1);
      const events = await harness.stores.tasks.events(task.id);
      expect(events).toMatchObject([{ kind: 'task.submitted', state: 'SUBMITTED', epoch: 0, at: NOON }]);
    });

    it('writes its messages once, and none when it is not admitted', async () => {
      const first = request({ number: 1 });
      await harness.stores.tasks.admit(first);
      await harness.stores.tasks.admit({ ...request({ number: 2 }), semanticKey: first.semanticKey });
      await harness.stores.tasks.admit(request({ number: 1 }));
      const items = await harness.stores.outbox.take({ holder: 'me', max: 10, now: NOON, leaseMs: 1_000 });
      expect(items.map((item) => item.key)).toEqual([`reaction to ${first.semanticKey}`]);
    });

    it('makes one task of one trigger, also when asked at the same time', async () => {
      const asked = Array.from({ length: 20 }, (_, index) => request({ number: index + 1, user: index }, { key: 'k' }));
      const answers = await Promise.all(asked.map((one) => harness.stores.tasks.admit(one)));
      expect(answers.filter((answer) => answer.admitted)).toHaveLength(1);
      const others = answers.filter((answer) => !answer.admitted);
      expect(new Set(others.map((answer) => answer.why))).toEqual(new Set(['same_trigger']));
      expect(await harness.stores.tasks.list({ limit: 100 })).toHaveLength(1);
    });

    it('lets one task of a thread continue at a time, and names it', async () => {
      const asked = Array.from({ length: 20 }, (_, index) => request({ number: 4, user: index }));
      const answers = await Promise.all(asked.map((one) => harness.stores.tasks.admit(one)));
      const first = answers.find((answer) => answer.admitted);
      expect(answers.filter((answer) => answer.admitted)).toHaveLength(1);
      const busy = answers.filter((answer) => !answer.admitted);
      for (const answer of busy) {
        expect(answer).toMatchObject({ why: 'thread_busy', task: { id: first?.admitted ? first.task.id : '' } });
      }
    });

    it('takes the next task of a thread once the one before has ended', async () => {
      const { task } = await harness.running({ number: 4 });
      await harness.move(task, 'FAILED');
      const next = await harness.admit({ number: 4 });
      expect((await harness.stores.tasks.findActive(1, 4))?.id).toBe(next.id);
      expect((await harness.stores.tasks.findLatest(1, 4))?.id).toBe(next.id);
    });

    it('finds the newest task of a pull request', async () => {
      const { task } = await harness.running({ number: 4 });
      const fence = { taskId: task.id, epoch: task.epoch, leaseNumber: task.lease?.number ?? 0 };
      expect(await harness.stores.tasks.findByPull(1, 12)).toBeNull();
      await harness.stores.tasks.record({ fence, now: NOON, patch: { publication: { pullNumber: 12 } } });
      expect((await harness.stores.tasks.findByPull(1, 12))?.id).toBe(task.id);
      expect(await harness.stores.tasks.findByPull(2, 12)).toBeNull();
    });

    it('enforces the number of tasks an hour of a person exactly, and names when the next may come', async () => {
      const asked = Array.from({ length: 12 }, (_, index) => request({ number: index + 1, user: 7 }));
      const answers = await Promise.all(asked.map((one) => harness.stores.tasks.admit(one)));
      expect(answers.filter((answer) => answer.admitted)).toHaveLength(3);
      const refused = answers.filter((answer) => !answer.admitted);
      expect(refused[0]).toEqual({ admitted: false, why: 'user_rate', retryAt: after(HOUR_MS) });
      const later = request({ number: 50, user: 7 }, { now: after(HOUR_MS) });
      expect(await harness.stores.tasks.admit(later)).toMatchObject({ admitted: true });
      expect(await harness.stores.tasks.admit(request({ number: 51, user: 8 }))).toMatchObject({ admitted: true });
    });

    it('keeps characters that a database cannot hold as replacement characters', async () => {
      const asked = request();
      const text = { ...asked.task.text, body: 'a\0b \uD800 c' };
      await harness.stores.tasks.admit({ ...asked, task: { ...asked.task, text } });
      expect((await harness.find(asked.task.id)).text.body).toBe('a\uFFFDb \uFFFD c');
    });

    it('lists the newest first, filtered', async () => {
      const first = await harness.admit({ repository: 1 });
      const second = await harness.admit({ repository: 2 });
      await harness.claim();
      const { list, counts } = harness.stores.tasks;
      expect((await list({ limit: 10 })).map((task) => task.id)).toEqual([second.id, first.id]);
      expect((await list({ limit: 1 })).map((task) => task.id)).toEqual([second.id]);
      expect((await list({ limit: 10, repositoryId: 2 })).map((task) => task.id)).toEqual([second.id]);
      expect((await list({ limit: 10, states: ['HYDRATING'] })).map((task) => task.id)).toEqual([first.id]);
      expect(await list({ limit: 10, installationId: 4 })).toEqual([]);
      expect(await counts()).toMatchObject({ SUBMITTED: 1, HYDRATING: 1, COMPLETED: 0 });
    });

    it('returns the position in the queue, and an estimate of the time from what ended before', async () => {
      const { task } = await harness.running({ number: 1 });
      const low = await harness.admit({ priority: 3 });
      const high = await harness.admit({ priority: 9 });
      await harness.admit({ repository: 2 });
      const { position } = harness.stores.tasks;
      expect(await position(high.id)).toMatchObject({ position: 1, waiting: 2, running: 1, etaMs: null });
      expect(await position(low.id)).toMatchObject({ position: 2, waiting: 2, running: 1, etaMs: null });
      expect(await position(task.id)).toBeNull();
      await harness.move(task, 'FAILED', { now: after(60_000) });
      expect(await position(low.id)).toMatchObject({ position: 2, waiting: 2, running: 0, etaMs: 120_000 });
    });
  });
}

function reaction(key: string): NewOutboxItem {
  return {
    key: `reaction to ${key}`,
    installationId: 3,
    repository: { id: 1, owner: 'acme', name: 'repository-1' },
    thread: { number: 1, kind: 'issue' },
    message: { kind: 'reaction', target: { commentId: 99 }, content: 'eyes' },
  };
}
