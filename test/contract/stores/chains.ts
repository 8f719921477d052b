import { describe, expect, it } from 'vitest';
import type { Task } from '../../../app/task/task.ts';
import { after, NOON, sampleTask, withStores, type OpenStores } from './store-harness.ts';

const HOUR = 3_600_000;

export function describeChains(open: OpenStores): void {
  describe('chains', () => {
    const harness = withStores(open);
    const due = () => harness.stores.chains.due({ now: after(HOUR), since: NOON, max: 9 });

    /** A task that has published, with the chain that its repository asks for. */
    async function published(id: string, chain: Task['settings']['chain']): Promise<Task> {
      const task = sampleTask(id, { number: id.length });
      const settings = { ...task.settings, ...(chain !== undefined && { chain }) };
      const admission = { semanticKey: id, now: NOON, rate: { perUserPerHour: 99 }, outbox: [] };
      await harness.stores.tasks.admit({ task: { ...task, settings }, ...admission });
      const claimed = await harness.claim();
      const running = await harness.move(claimed?.task ?? expect.fail('nothing to claim'), 'RUNNING');
      const finalizing = await harness.move(running, 'FINALIZING');
      return harness.move(finalizing, 'COMPLETED', { now: after(1_000), patch: { publication: { pullNumber: 7 } } });
    }

    it('begins once for each task that published and asks for one, and is due while its task has ended', async () => {
      await published('a', ['review', 'fix']);
      await published('bb', undefined);
      const chain = {
        id: 'a',
        pullNumber: 7,
        links: ['review', 'fix'],
        steps: [{ link: 'implement', taskId: 'a' }],
        state: 'running',
        note: null,
      };
      expect(await due()).toEqual([chain]);
      expect(await due()).toEqual([chain]);
      expect(await harness.stores.chains.findOf('a')).toEqual(chain);
      expect(await harness.stores.chains.findOf('bb')).toBeNull();
    });

    it('does not begin for a task that ended too long ago', async () => {
      await published('a', ['review']);
      expect(await harness.stores.chains.due({ now: after(HOUR), since: after(HOUR), max: 9 })).toEqual([]);
    });

    it('moves on from its current task alone, and not at all once it has ended', async () => {
      await published('a', ['review']);
      await due();
      const { chains } = harness.stores;
      const now = after(HOUR);
      const step = { link: 'review', taskId: 'r' } as const;
      expect(await chains.advance({ id: 'a', from: 'a', to: { step }, now })).toEqual({ moved: true });
      expect(await chains.advance({ id: 'a', from: 'a', to: { step }, now })).toEqual({ moved: false });
      expect(await due()).toEqual([]);
      expect((await chains.findOf('r'))?.steps).toEqual([{ link: 'implement', taskId: 'a' }, step]);
      const end = { state: 'passed', note: 'Nothing was found.' } as const;
      expect(await chains.advance({ id: 'a', from: 'r', to: end, now })).toEqual({ moved: true });
      expect(await chains.advance({ id: 'a', from: 'r', to: end, now })).toEqual({ moved: false });
      expect(await chains.findOf('a')).toMatchObject(end);
    });
  });
}
