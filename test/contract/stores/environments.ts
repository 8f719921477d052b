import { describe, expect, it } from 'vitest';
import type { Task } from '../../../app/task/task.ts';
import { after, fenceOf, NOON, withStores, type OpenStores } from './store-harness.ts';

const KEY = 'k'.repeat(64);
const LONG_AGO = new Date(0);
const RUN = { command: 'npm ci', exitCode: 0, durationMs: 1, outputTail: '' };

export function describeEnvironments(open: OpenStores): void {
  describe('environments', () => {
    const harness = withStores(open);

    function claim(task: Task, change: { madeAfter?: Date; now?: Date; key?: string } = {}) {
      return harness.stores.environments.claim({
        key: change.key ?? KEY,
        repositoryId: 1,
        taskId: task.id,
        epoch: task.epoch,
        madeAfter: change.madeAfter ?? LONG_AGO,
        now: change.now ?? NOON,
      });
    }

    function keep(task: Task, change: { key?: string; madeAt?: Date; bytes?: number } = {}) {
      const { bytes = 7, key = KEY, madeAt = NOON } = change;
      return harness.stores.environments.keep({
        environment: { key, sha256: 'ab'.repeat(32), parts: 1, bytes, madeAt },
        taskId: task.id,
        epoch: task.epoch,
        now: madeAt,
      });
    }

    it('one attempt prepares an environment, the others wait, and then all use it', async () => {
      const { task: first } = await harness.running();
      const { task: second } = await harness.running();
      expect(await claim(first)).toEqual({ kind: 'yours' });
      expect(await claim(first)).toEqual({ kind: 'yours' });
      expect(await claim(second)).toEqual({ kind: 'waiting', taskId: first.id });
      expect(await keep(first)).toEqual({ kept: true });
      expect(await claim(second)).toMatchObject({
        kind: 'kept',
        environment: { key: KEY, parts: 1, bytes: 7, madeAt: NOON },
      });
    });

    it('an attempt that has ended holds nothing', async () => {
      const { task: first } = await harness.running();
      const { task: second } = await harness.running();
      await claim(first);
      await harness.move(await harness.move(first, 'RUNNING'), 'FINALIZING');
      expect(await claim(second)).toEqual({ kind: 'yours' });
      expect(await keep(first)).toEqual({ kept: false });
    });

    it('what came to nothing is free for the next', async () => {
      const { task: first } = await harness.running();
      const { task: second } = await harness.running();
      await claim(first);
      const { environments } = harness.stores;
      await environments.release({ key: KEY, taskId: second.id, epoch: 1 });
      expect(await claim(second)).toMatchObject({ kind: 'waiting' });
      await environments.release({ key: KEY, taskId: first.id, epoch: 1 });
      expect(await claim(second)).toEqual({ kind: 'yours' });
    });

    it('one that is too old is prepared again, while others still use it', async () => {
      const { task: first } = await harness.running();
      const { task: second } = await harness.running();
      await claim(first);
      await keep(first);
      expect(await claim(second, { madeAfter: NOON })).toEqual({ kind: 'yours' });
      expect(await claim(first)).toMatchObject({ kind: 'kept' });
      expect(await keep(second, { madeAt: after(10) })).toEqual({ kept: true });
      expect(await claim(first, { madeAfter: NOON })).toMatchObject({
        kind: 'kept',
        environment: { madeAt: after(10) },
      });
    });

    it('lists those that are stored, the longest unused first, and removes one', async () => {
      const { task } = await harness.running();
      for (const [key, at] of [
        ['a', 1],
        ['b', 2],
        ['c', 3],
      ] as const) {
        await claim(task, { key });
        await keep(task, { key, madeAt: after(at) });
      }
      await claim(task, { key: 'a', now: after(9) });
      const { environments } = harness.stores;
      expect((await environments.list()).map(({ key }) => key)).toEqual(['b', 'c', 'a']);
      await environments.forget('b');
      expect((await environments.list()).map(({ key }) => key)).toEqual(['c', 'a']);
      expect(await claim(task, { key: 'b' })).toEqual({ kind: 'yours' });
    });
  });

  describe('the prepare session of an attempt', () => {
    const harness = withStores(open);
    const environment = { setup: null, verify: null, prepared: null };
    const prepareTokenSha256 = 'ee'.repeat(32);

    it('has a token of its own, which is invalid once it is revoked', async () => {
      const { task } = await harness.running();
      const { attempts } = harness.stores;
      const ref = { taskId: task.id, epoch: 1 };
      const result = { ending: 'ready' as const, runs: [RUN] };
      expect(await attempts.finishPrepare({ ...ref, now: NOON, result })).toEqual({ current: false });
      const fence = fenceOf(task);
      expect(await attempts.recordEnvironment({ fence, environment, prepareTokenSha256, now: NOON })).toEqual({
        current: true,
      });
      expect(await attempts.findByToken(prepareTokenSha256)).toMatchObject({ kind: 'prepare', current: true });
      expect(await attempts.finishPrepare({ ...ref, now: NOON, result })).toEqual({ current: true });
      expect(await attempts.find(ref)).toMatchObject({ environment, prepareResult: result, result: null });
      expect(await attempts.recordEnvironment({ fence, environment, prepareTokenSha256: null, now: NOON })).toEqual({
        current: true,
      });
      expect(await attempts.findByToken(prepareTokenSha256)).toBeNull();
      expect(await attempts.finishPrepare({ ...ref, now: NOON, result })).toEqual({ current: false });
    });

    it('is opened by the owner of the lease alone', async () => {
      const { task } = await harness.running();
      const fence = { ...fenceOf(task), leaseNumber: fenceOf(task).leaseNumber + 1 };
      const { attempts } = harness.stores;
      expect(await attempts.recordEnvironment({ fence, environment, prepareTokenSha256, now: NOON })).toEqual({
        current: false,
      });
      expect(await attempts.findByToken(prepareTokenSha256)).toBeNull();
    });
  });
}
