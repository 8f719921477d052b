import { describe, expect, it } from 'vitest';
import type { TaskVerdict } from '../../../app/task/checks/verdict.ts';
import type { Question } from '../../../app/task/question.ts';
import type { Task } from '../../../app/task/task.ts';
import { after, fenceOf, NOON, withStores, type OpenStores, type StoreHarness } from './store-harness.ts';

const DAY_MS = 86_400_000;
const PERSON = { id: 7, login: 'user-7' };
const COMMIT = 'c'.repeat(40);

const VERDICT: TaskVerdict = {
  verdict: {
    kind: 'HUMAN_NEEDED',
    cause: 'FIXES_USED_UP',
    gaps: [],
    reasons: [{ code: 'FIXES_USED_UP', message: 'a\0b' }],
    checks: [],
    weakened: [],
    criteria: [],
    judge: { kind: 'off' },
    fixes: { used: 2, allowed: 2 },
    fingerprints: ['f'],
  },
  epoch: 1,
  commit: COMMIT,
  at: NOON.toISOString(),
  fixes: 2,
  seen: ['e', 'f'],
};

const QUESTION: Question = {
  kind: 'verdict',
  cause: 'FIXES_USED_UP',
  subject: COMMIT,
  epoch: 1,
  options: ['retry', 'accept', 'cancel'],
  mayAnswer: 'write',
  askedAt: NOON.toISOString(),
  until: after(14 * DAY_MS).toISOString(),
  answer: null,
};

export function describeVerdicts(open: OpenStores): void {
  describe('a verdict that needs a person', () => {
    const harness = withStores(open);

    it('stands on the row as it was written, and survives a record', async () => {
      const { task } = await harness.running();
      const recorded = await harness.stores.tasks.record({
        fence: fenceOf(task),
        now: NOON,
        patch: { verdict: VERDICT },
      });
      expect(recorded).toMatchObject({ moved: true, task: { verdict: { commit: COMMIT, seen: ['e', 'f'] } } });
      expect((await harness.find(task.id)).verdict?.verdict.reasons[0]?.message).toBe('a\uFFFDb');
    });

    it('is asked again after one and three days, and ends after fourteen with nothing decided', async () => {
      const task = await ask(harness);
      const { tasks } = harness.stores;
      expect(await tasks.wakeDue(after(DAY_MS - 1))).toBe(0);
      for (const [days, reminders, nextDay] of [
        [1, 1, 3],
        [3, 2, 14],
      ] as const) {
        expect(await tasks.wakeDue(after(days * DAY_MS))).toBe(1);
        const asked = await harness.find(task.id);
        expect(asked).toMatchObject({ state: 'SUBMITTED', question: { reminders, answer: null } });
        expect(asked.wait?.wakeAt).toEqual(after(nextDay * DAY_MS));
      }
      expect(await tasks.wakeDue(after(14 * DAY_MS))).toBe(1);
      expect(await harness.find(task.id)).toMatchObject({
        state: 'TIMED_OUT',
        failure: { code: 'WAITED_TOO_LONG' },
        question: { answer: null },
      });
    });

    it('is accepted once, by the first of two at once, with the name on record', async () => {
      const task = await ask(harness);
      const accept = (by: typeof PERSON): Promise<Task | null> =>
        harness.stores.tasks.resume({
          taskId: task.id,
          now: after(1_000),
          event: { kind: 'task.accepted', data: { by: by.login, commit: COMMIT } },
          answer: { subject: COMMIT, option: 'accept', by, at: after(1_000).toISOString() },
        });
      const results = await Promise.all([accept(PERSON), accept({ id: 8, login: 'user-8' })]);
      expect(results.filter((result) => result !== null)).toHaveLength(1);
      const accepted = await harness.find(task.id);
      const [winner] = results.filter((result) => result !== null);
      expect(accepted.wait?.reason).toBe('slot');
      expect(accepted.verdict?.accepted?.by).toEqual(winner?.question?.answer?.by);
      expect((await harness.stores.tasks.events(task.id)).filter(({ kind }) => kind === 'task.accepted')).toHaveLength(
        1,
      );
    });

    it('takes no answer about another commit, and none that it does not offer', async () => {
      const task = await ask(harness);
      const resume = (subject: string, option: 'accept' | 'release'): Promise<Task | null> =>
        harness.stores.tasks.resume({
          taskId: task.id,
          now: after(1_000),
          event: { kind: 'task.resumed', data: {} },
          answer: { subject, option, by: PERSON, at: NOON.toISOString() },
        });
      expect(await resume('d'.repeat(40), 'accept')).toBeNull();
      expect(await resume(COMMIT, 'release')).toBeNull();
      expect(await harness.find(task.id)).toEqual(task);
    });

    it('has the agent go on with all its fixes when a person asks for that', async () => {
      const task = await ask(harness);
      const event = { kind: 'task.resumed' as const, data: { by: PERSON.login } };
      const resumed = await harness.stores.tasks.resume({ taskId: task.id, now: after(1_000), event });
      expect(resumed).toMatchObject({ question: null, verdict: { fixes: 0, seen: [], commit: COMMIT } });
    });

    it('reserves no money for an attempt that only carries an acceptance out', async () => {
      const task = await ask(harness);
      await harness.stores.tasks.resume({
        taskId: task.id,
        now: after(1_000),
        event: { kind: 'task.accepted', data: { by: PERSON.login, commit: COMMIT } },
        answer: { subject: COMMIT, option: 'accept', by: PERSON, at: NOON.toISOString() },
      });
      const claimed = await harness.claim();
      expect(claimed?.attempt.budgetNano).toBe(0);
    });
  });
}

async function ask(harness: StoreHarness): Promise<Task> {
  const { task } = await harness.running();
  await harness.stores.tasks.move({ fence: fenceOf(task), to: 'RUNNING', now: NOON, event: { kind: 'task.started' } });
  const finalizing = await harness.stores.tasks.move({
    fence: fenceOf(task),
    to: 'FINALIZING',
    now: NOON,
    sessionEnd: { kind: 'finished' },
    event: { kind: 'task.session_ended', data: { session: { kind: 'finished' } } },
  });
  expect(finalizing.moved).toBe(true);
  await harness.stores.tasks.move({
    fence: fenceOf(task),
    to: 'SUBMITTED',
    now: NOON,
    patch: { verdict: VERDICT, question: QUESTION },
    wait: { reason: 'human', wakeAt: after(DAY_MS), note: null, blockedOn: null },
    event: { kind: 'task.waiting', data: { reason: 'human' } },
  });
  return harness.find(task.id);
}
