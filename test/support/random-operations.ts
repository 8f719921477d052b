import type { Attempt } from '../../app/task/attempt.ts';
import type { Task, Wait } from '../../app/task/task.ts';
import type { ClaimLimits, Stores } from '../../app/store/stores.ts';
import { TRANSITIONS } from '../../app/task/transitions.ts';
import type { TaskState } from '../../protocol/index.ts';
import { sampleTask, usd } from '../contract/stores/store-harness.ts';

export interface StoryOptions {
  readonly stores: Stores;
  /** Numbers in [0, 1), the same for the same seed. */
  readonly random: () => number;
  readonly limits: ClaimLimits;
  /** Ids of this player begin with it; several may play on the same stores. */
  readonly player: string;
  readonly startAt: Date;
  /** False keeps the clock still, for players that share it. */
  readonly timePasses: boolean;
  /** Plays these acts alone; all by default. */
  readonly only?: readonly string[];
}

/** Plays one random act after the other on the stores; each resolves with what the stores answered. */
export function createStory(options: StoryOptions): { step(): Promise<unknown> } {
  const { stores, random, limits, player } = options;
  let now = options.startAt;
  let made = 0;
  const drawn: string[] = [];

  function pick<T>(items: readonly T[]): T | undefined {
    return items[Math.floor(random() * items.length)];
  }
  function upTo(most: number): number {
    return 1 + Math.floor(random() * most);
  }
  async function anyTask(states: readonly TaskState[]): Promise<Task | undefined> {
    return pick(await stores.tasks.list({ states, limit: 30 }));
  }
  function anyTaskAlive(): Promise<Task | undefined> {
    return anyTask(['SUBMITTED', 'HYDRATING', 'RUNNING', 'FINALIZING']);
  }
  function anyRunning(): Promise<Task | undefined> {
    return anyTask(['HYDRATING', 'RUNNING', 'FINALIZING']);
  }
  function fence(task: Task) {
    const stale = random() < 0.05 ? 1 : 0;
    return { taskId: task.id, epoch: task.epoch, leaseNumber: (task.lease?.number ?? 0) + stale };
  }
  function wait(): Wait {
    const wakeAt = new Date(now.getTime() + upTo(600_000));
    const reason = pick(['slot', 'backoff', 'github', 'budget', 'human', 'paused'] as const) ?? 'slot';
    return { reason, wakeAt, note: null, blockedOn: null };
  }
  const person = { id: upTo(3), login: 'someone' };

  const acts: Record<string, { readonly weight: number; act(): Promise<unknown> }> = {
    admit: {
      weight: 12,
      act: async () => {
        made += 1;
        const id = `${player}${String(made).padStart(6, '0')}`;
        const budgetNano = usd(upTo(6));
        const facts = { repository: upTo(4), number: upTo(8), user: upTo(3), priority: upTo(10), budgetNano };
        const task = sampleTask(id, facts);
        return stores.tasks.admit({
          task,
          semanticKey: random() < 0.1 ? 'the same' : id,
          now,
          rate: { perUserPerHour: 1_000 },
          outbox: [],
        });
      },
    },
    claim: {
      weight: 20,
      act: () => stores.tasks.claim({ owner: pick(['one', 'two']) ?? 'one', now, leaseMs: 30_000, limits }),
    },
    move: {
      weight: 25,
      act: async () => {
        const task = await anyTaskAlive();
        const to = task === undefined ? undefined : pick<TaskState>(TRANSITIONS[task.state]);
        if (task === undefined || to === undefined) {
          return null;
        }
        const waits = to === 'SUBMITTED' ? { wait: wait() } : {};
        return stores.tasks.move({
          fence: fence(task),
          to,
          now,
          event: { kind: 'task.note', data: { note: 'a test' } },
          ...waits,
        });
      },
    },
    record: {
      weight: 3,
      act: async () => {
        const task = await anyTaskAlive();
        const patch = { publication: { pullNumber: upTo(99) } };
        return (
          task &&
          stores.tasks.record({
            fence: fence(task),
            now,
            patch,
            event: { kind: 'task.note', data: { note: 'a test' } },
          })
        );
      },
    },
    stop: {
      weight: 6,
      act: async () => {
        const task = await anyTaskAlive();
        const stop = { kind: pick(['cancel', 'pause'] as const) ?? 'cancel', by: person, at: now };
        return task && stores.tasks.requestStop({ taskId: task.id, stop, now });
      },
    },
    resume: {
      weight: 4,
      act: async () => {
        const task = await anyTask(['SUBMITTED']);
        return (
          task && stores.tasks.resume({ taskId: task.id, now, event: { kind: 'task.resumed', data: { by: 'mira' } } })
        );
      },
    },
    raise: {
      weight: 3,
      act: async () => {
        const task = await anyTaskAlive();
        made += 1;
        const request = { key: `${player} raise ${made}`, addNano: usd(1), by: person, now, limits: limits.budgets };
        return task && stores.tasks.raiseBudget({ ...request, taskId: task.id });
      },
    },
    draw: {
      weight: 20,
      act: async () => {
        const task = await anyRunning();
        if (task === undefined) {
          return null;
        }
        made += 1;
        const requestId = `${player} request ${made}`;
        drawn.push(requestId);
        const ref = { taskId: task.id, epoch: task.epoch, requestId, model: pick(['a', 'b']) ?? 'a' };
        return stores.attempts.draw({ ...ref, upperNano: usd(random() * 2), keepNano: usd(0.2), now });
      },
    },
    settle: {
      weight: 18,
      act: async () => {
        const requestId = random() < 0.9 ? drawn.shift() : drawn[0];
        const usage = { inputTokens: upTo(9), outputTokens: upTo(9), cacheWriteTokens: 0, cacheReadTokens: upTo(9) };
        return requestId && stores.attempts.settle({ requestId, costNano: usd(random() * 1.5), usage, now });
      },
    },
    heartbeat: {
      weight: 4,
      act: async () => {
        const task = await anyRunning();
        return task && stores.attempts.heartbeat({ taskId: task.id, epoch: task.epoch, now });
      },
    },
    progress: {
      weight: 4,
      act: async () => {
        const task = await anyRunning();
        const progress = { phase: pick(['clone', 'agent'] as const) ?? 'agent', turn: upTo(9), note: null };
        return task && stores.attempts.progress({ taskId: task.id, epoch: task.epoch, now, progress });
      },
    },
    warn: {
      weight: 2,
      act: async () => {
        const task = await anyRunning();
        return task && stores.attempts.warn({ taskId: task.id, epoch: task.epoch, now, percent: 80 });
      },
    },
    renew: {
      weight: 3,
      act: async () => {
        const task = await anyTaskAlive();
        return task && stores.tasks.renew({ owner: 'one', holding: [task.id], now, leaseMs: 30_000 });
      },
    },
    adopt: { weight: 2, act: () => stores.tasks.adopt({ owner: 'three', now, leaseMs: 30_000, max: 2 }) },
    wakeDue: { weight: 3, act: () => stores.tasks.wakeDue(now) },
    orphans: {
      weight: 1,
      act: () => stores.attempts.settleOrphans({ olderThan: new Date(now.getTime() - 1_800_000), now }),
    },
    report: {
      weight: 3,
      act: async () => {
        const [task] = await stores.reports.takeDirty({ holder: 'story', max: 1, now, leaseMs: 10_000 });
        return (
          task && stores.reports.settle(task.id, { holder: 'story', now, revision: task.revision, lookAgainAt: null })
        );
      },
    },
    look: {
      weight: 3,
      act: async () => {
        const task = await anyTaskAlive();
        return [
          await stores.tasks.nextWakeAt(),
          await stores.tasks.oldestReady(),
          await stores.tasks.counts(),
          await stores.reports.nextDueAt(now),
          task && (await stores.tasks.position(task.id)),
          task && (await stores.attempts.totals(task.id)),
        ];
      },
    },
    time: {
      weight: 6,
      act: async () => {
        now = options.timePasses ? new Date(now.getTime() + Math.floor(random() ** 4 * 7_200_000)) : now;
        return now;
      },
    },
  };
  const chosen = Object.entries(acts).filter(([name]) => options.only?.includes(name) ?? true);
  const lots = chosen.flatMap(([name, { weight }]) => Array.from({ length: weight }, () => name));

  return {
    step: async () => {
      const name = pick(lots) ?? 'claim';
      return [name, plain((await acts[name]?.act()) ?? null)];
    },
  };
}

/**
 * Claims and ends whatever can start. What is left waits for a person, for its time, or for money that is not there;
 * resolves with the tasks that wait for a slot although none is taken.
 */
export async function drain(
  options: Pick<StoryOptions, 'stores' | 'limits'> & { readonly now: Date },
): Promise<Task[]> {
  const { stores, limits, now } = options;
  const running = await stores.tasks.list({ states: ['HYDRATING', 'RUNNING', 'FINALIZING'], limit: 1_000 });
  for (const task of running) {
    await end(stores, task, now);
  }
  for (;;) {
    const claimed = await stores.tasks.claim({ owner: 'drain', now, leaseMs: 30_000, limits });
    if (claimed === null) {
      const left = await stores.tasks.list({ states: ['SUBMITTED'], limit: 1_000 });
      return left.filter((task) => task.wait?.reason === 'slot' && task.wait.blockedOn?.startsWith('user:'));
    }
    await end(stores, claimed.task, now);
  }
}

async function end(stores: Stores, task: Task, now: Date): Promise<void> {
  const event = { kind: 'task.note' as const, data: { note: 'a test' } };
  const fence = { taskId: task.id, epoch: task.epoch, leaseNumber: task.lease?.number ?? 0 };
  if (task.state === 'RUNNING') {
    await stores.tasks.move({ fence, to: 'FINALIZING', now, event });
  }
  await stores.tasks.move({ fence, to: 'FAILED', now, event });
}

/** A value that can be compared between implementations: undefined and null are the same, order of fences is not told. */
function plain(value: unknown): unknown {
  if (Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null && 'leaseNumber' in one)) {
    return value.map((one) => JSON.stringify(one)).toSorted();
  }
  return JSON.parse(JSON.stringify(value)) as Task | Attempt | null;
}

/** A small generator of pseudo-random numbers (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
